/**
 * What is used of `node:http`. An import of that module would evaluate all that it exports, also its WebSocket client: 12 MB
 * of memory that nobody uses here.
 */
export const { createServer, request } = process.getBuiltinModule("node:http");
