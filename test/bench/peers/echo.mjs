import { connect } from "node:net";

/** Sends back whatever it gets on the connection that it is told to make: a path, or a port of the loopback interface. */
const where = process.argv[2];
const socket = connect(
  /^\d+$/.test(where) ? { port: Number(where), host: "127.0.0.1", noDelay: true } : { path: where },
);
socket.on("data", (bytes) => socket.write(bytes));
