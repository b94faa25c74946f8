import { makeHashesCheap } from "#access/hash-password.ts";

makeHashesCheap();
