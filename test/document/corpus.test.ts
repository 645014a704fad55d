import test from 'ava'
import { confOf, convert, meaningOf, read, samples } from './converting.ts'

for (const sample of samples()) {
  test(`${sample.name} says the same as JSON, as YAML and as XML again`, async t => {
    const conf = confOf(sample)
    const before = meaningOf(await read(conf, 'activemq.xml', sample.text))
    const json = convert(sample.text, 'activemq.xml', 'json')
    const yaml = convert(sample.text, 'activemq.xml', 'yaml')
    const viaYaml = convert(json, 'activemq.json', 'yaml')
    const texts = {
      'a.json': json,
      'a.yaml': yaml,
      'json.xml': convert(json, 'activemq.json', 'xml'),
      'yaml.xml': convert(yaml, 'activemq.yaml', 'xml'),
      'xml.xml': convert(sample.text, 'activemq.xml', 'xml'),
      'b.json': convert(viaYaml, 'activemq.yaml', 'json'),
    }
    for (const [name, text] of Object.entries(texts))
      t.deepEqual(meaningOf(await read(conf, name, text)), before, `${name}\n${text}`)
    t.is(texts['b.json'], json)
  })

  test(`${sample.name} converted twice is converted once`, t => {
    for (const to of ['json', 'yaml', 'xml'] as const) {
      const once = convert(sample.text, 'activemq.xml', to)
      t.is(convert(once, `activemq.${to}`, to), once, `${to} to ${to}`)
      for (const by of ['json', 'yaml', 'xml'] as const) {
        if (to !== 'json' && by === 'json') continue
        const there = convert(once, `activemq.${to}`, by)
        t.is(convert(there, `activemq.${by}`, to), once, `${to} by ${by}`)
      }
    }
  })
}
