import { program } from './cli/program.ts';
import { processIo } from './cli/terminal/io.ts';

process.exitCode = await program(processIo(), process.argv);
