// @ts-check
/**
 * Joins the compiled modules of the program: `dist/cli/main.js` is replaced by one that needs only `dist/chunks/`, a file of
 * what every command needs and others of what is loaded when needed. Hundreds of small modules took half of the start-up
 * time, and calls across them are slower (docs/performance.md). Nothing is minified, so that stack traces stay readable;
 * packages are not joined. Without this step the program runs as well.
 */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  input: { 'cli/main': 'dist/cli/main.js' },
  platform: 'node',
  // Everything that is not a path.
  external: /^[^./]/,
});
await bundle.write({ dir: 'dist', format: 'esm', chunkFileNames: 'chunks/[name].js' });
await bundle.close();
