import { z } from "zod";

// The server's content policy forbids building code from text. zod would try it once for each schema and leave a
// violation in the console, so this file is imported before any schema is made.
z.config({ jitless: true });
