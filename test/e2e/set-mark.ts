/** Run in the testbed by failures.test.ts: tries to mark a socket, as the sidecar's own are, and tells what came of it. */
import koffi from "koffi";

const [SOL_SOCKET, SO_MARK, AF_INET, SOCK_STREAM] = [1, 36, 2, 1];
const libc = koffi.load(null);
const socket = libc.func("int socket(int, int, int)");
const setsockopt = libc.func("int setsockopt(int, int, int, void*, uint32_t)");
const mark = Buffer.alloc(4);
mark.writeUInt32LE(Number(process.argv[2] ?? 1));
const failed = setsockopt(socket(AF_INET, SOCK_STREAM, 0), SOL_SOCKET, SO_MARK, mark, 4);
const errno = koffi.errno(); // before anything else is called: the first use of stdout sets it too
process.stdout.write(failed === 0 ? "set" : errno === koffi.os.errno.EPERM ? "EPERM" : `errno ${errno}`);
