// An ES import of node:tls reads every export of it, and one of them, rootCertificates, is a getter that makes texts of
// all the authorities that node knows. Asked for like this, only what is used is made.
export const { createSecureContext, createServer } = process.getBuiltinModule("node:tls");
