/**
 * Node's HTTP module. An import statement would read all its properties. One of them loads the undici that is built into Node,
 * which Bellwire does not use: 0.1 s of the start of each process.
 */
export const nodeHttp = process.getBuiltinModule("node:http");
