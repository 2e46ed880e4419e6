import { freePort } from "../support/free-port.ts";

/** The gateway's usual port in the town. */
const USUAL = 18_830;

/** The port that was asked for (an error when it is taken), else the usual one, else any free one. */
export async function chooseGatewayPort(asked: string | undefined): Promise<number> {
  if (asked !== undefined && asked !== "") return freePort(Number(asked));
  return freePort(USUAL).catch(() => freePort());
}
