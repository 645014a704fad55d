// The command in a few files instead of six hundred, which halves its time to start: dist/bundle, from what tsc has built.
// bin/run.js takes it while `of` names the build it was made from, else dist/src; so a machine that has no esbuild, and
// whoever runs tsc by hand, lose nothing but that time.
import { rmSync, statSync, writeFileSync } from 'node:fs'

const directory = 'dist/bundle'
rmSync(directory, { recursive: true, force: true })
try {
  const { build } = await import('esbuild')
  await build({
    entryPoints: ['dist/src/cli/cli.js'],
    outdir: `${directory}/cli`, // as deep as dist/src/cli: what a module finds relative to itself is where it was
    bundle: true,
    splitting: true, // what a verb loads when it is asked for stays apart
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    external: ['#schemas/*'],
    logLevel: 'error',
  })
  writeFileSync(`${directory}/of`, `${statSync('dist/.tsbuildinfo').mtimeMs}`)
} catch (error) {
  rmSync(directory, { recursive: true, force: true })
  console.error(`no bundle, so each start takes longer: ${error.message}`)
}
