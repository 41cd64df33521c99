/** The command tree, for embedding and for tests; the program is `main.ts`. */
export { podwright } from "./cli.ts"
