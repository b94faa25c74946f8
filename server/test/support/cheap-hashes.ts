import { makeHashesCheap } from "#access/passwords.ts";

makeHashesCheap();
