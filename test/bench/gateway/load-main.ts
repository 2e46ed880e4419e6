import { stdin, stdout } from "node:process";
import { text } from "node:stream/consumers";
import { runLoad } from "./load.ts";
import { LoadJob } from "./load-job.ts";

const job = LoadJob.parse(JSON.parse(await text(stdin)));
stdout.write(JSON.stringify(await runLoad(job)));
