import { argv, stdout } from "node:process";
import { type Identity, keepIdentity, readIdentity } from "../../firmware-config/identity-files.ts";

/** Keeps two identities in turn until it is killed: what is in the last folder belongs to one of the first two. */
const [, , folder = "", ...others] = argv;
const pairs: Identity[] = [];
for (const other of others) {
  const identity = await readIdentity(other);
  if (identity !== undefined) pairs.push(identity);
}
const keepAll = async () => {
  for (const pair of pairs) await keepIdentity(folder, pair, "the authority");
};
await keepAll();
stdout.write("keeping\n");
for (;;) await keepAll();
