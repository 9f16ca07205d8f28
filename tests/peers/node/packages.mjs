// Lets the scripts of this directory import packages that are installed elsewhere, in the
// directory NODE_PACKAGES: to packages, they are at home there.

import { registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = pathToFileURL(dirname(fileURLToPath(import.meta.url)) + "/").href;
const there = pathToFileURL(join(process.env.NODE_PACKAGES, "script.mjs")).href;

registerHooks({
  resolve(specifier, context, next) {
    const ours = context.parentURL?.startsWith(here);
    const bare = !/^(\.|\/|[a-z]+:)/.test(specifier);
    return next(specifier, ours && bare ? { ...context, parentURL: there } : context);
  },
});
