import { WebSocketServer } from "ws";

/** Says everything back, at the port in the first argument. */
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });
server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
