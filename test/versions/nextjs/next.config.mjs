import { fileURLToPath } from "node:url";

// The packages under test are links to where the repository builds them, two folders above what is installed here.
export default { turbopack: { root: fileURLToPath(new URL("../../../../", import.meta.url)) } };
