import { createServer } from "node:net";
import { Aedes } from "aedes";

// Aedes as its README starts it: in memory, everybody may do everything. The port is the first argument.
const aedes = await Aedes.createBroker();
createServer(aedes.handle).listen(Number(process.argv[2]), "127.0.0.1");
