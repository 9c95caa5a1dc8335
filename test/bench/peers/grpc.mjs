import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { calling, offer, serving } from "./load.mjs";

/** grpc-js with eight bytes as the message: `grpc.mjs server|client ADDRESS unary|stream`. */
const serialize = ({ kw }) => {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(kw);
  return bytes;
};
// An object, because grpc-js takes a message 0 for none.
const deserialize = (bytes) => ({ kw: bytes.readDoubleBE(0) });
const method = (path, stream) => ({
  path,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: serialize,
  requestDeserialize: deserialize,
  responseSerialize: serialize,
  responseDeserialize: deserialize,
});
const service = { offer: method("/Battery/offer", false), offers: method("/Battery/offers", true) };

const [role, address, kind] = process.argv.slice(2);
if (role === "server") {
  const server = new Server();
  server.addService(service, {
    offer: (call, done) => done(null, { kw: offer(call.request.kw) }),
    offers: (call) => call.on("data", ({ kw }) => call.write({ kw: offer(kw) })),
  });
  const bind = (resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  await serving(`127.0.0.1:${await new Promise(bind)}`);
} else {
  const client = new Client(address, credentials.createInsecure());
  if (kind === "unary") {
    await calling(
      (kw) =>
        new Promise((resolve, reject) => {
          const settle = (error, value) => (error ? reject(error) : resolve(value.kw));
          client.makeUnaryRequest(service.offer.path, serialize, deserialize, { kw }, settle);
        }),
    );
  } else {
    const stream = client.makeBidiStreamRequest(service.offers.path, serialize, deserialize);
    const waiting = [];
    stream.on("data", ({ kw }) => waiting.shift()(kw));
    await calling((kw) => {
      stream.write({ kw });
      return new Promise((resolve) => waiting.push(resolve));
    });
  }
}
