import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";
import { formatAddress, type NetAddress } from "../address.ts";
import type { AcceptedConnection } from "../connection-limits.ts";
import { readingSocket } from "./accepted-socket.ts";
import { Arrivals, closing, connected, enter, listening, Reading, StreamTransport } from "./stream.ts";
import { type Certificates, clientOptions, readCertificates, serverOptions } from "./tls.ts";
import type { Accept, Acceptor, BindOptions, DialOptions, Transport } from "./transport.ts";

/** Open a TCP connection, encrypted if `tls` is given. */
export async function connectTcp(address: NetAddress, options: DialOptions): Promise<Transport> {
  const { host, port } = address;
  const peer = formatAddress(address);
  if (options.tls === undefined) {
    const reading = new Reading();
    const socket = netConnect({ host, port, noDelay: true, onread: reading.onread });
    return connected(socket, "connect", peer, options, reading);
  }
  const certificates = await readCertificates(options.tls);
  const socket = tlsConnect({ host, port, ...clientOptions(certificates, host) });
  socket.setNoDelay(true);
  return connected(socket, "secureConnect", peer, options);
}

/** Accept TCP connections, encrypted if `tls` is given. */
export async function listenTcp(address: NetAddress, options: BindOptions, accept: Accept): Promise<Acceptor> {
  const { scheme, host, port } = address;
  const take = (socket: Socket, accepted: AcceptedConnection, reading?: Reading) => {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    const peer = formatAddress({ scheme, host: remoteAddress, port: remotePort });
    accept(new StreamTransport(socket, peer, reading), accepted);
  };
  const server =
    options.tls === undefined
      ? plainServer(options, take)
      : secureServer(await readCertificates(options.tls), options, take);
  await listening(server, { host, port }, formatAddress(address));
  const bound = server.address() as AddressInfo;
  return { address: formatAddress({ scheme, host: bound.address, port: bound.port }), close: closing(server) };
}

function plainServer(
  { connections }: BindOptions,
  take: (socket: Socket, accepted: AcceptedConnection, reading?: Reading) => void,
): Server {
  return createServer({ noDelay: true, pauseOnConnect: true }, (plain) => {
    const [socket, reading] = readingSocket(plain);
    const accepted = enter(connections, socket);
    if (accepted !== undefined) take(socket, accepted, reading);
  });
}

function secureServer(
  certificates: Certificates,
  { connections }: BindOptions,
  take: (socket: Socket, accepted: AcceptedConnection) => void,
) {
  const arrivals = new Arrivals(connections);
  const server = createTlsServer({ noDelay: true, ...serverOptions(certificates) }, (socket) => {
    const accepted = arrivals.take(socket);
    if (accepted !== undefined) take(socket, accepted);
  });
  server.on("connection", (socket: Socket) => arrivals.arrived(socket));
  return server;
}
