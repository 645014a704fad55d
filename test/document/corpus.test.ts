import test from 'ava'
import type { Format } from '../../src/document/document.ts'
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
    const once = (to: Format): string => convert(sample.text, 'activemq.xml', to)
    const [json, yaml, xml] = [once('json'), once('yaml'), once('xml')]
    t.is(convert(json, 'a.json', 'json'), json)
    t.is(convert(yaml, 'a.yaml', 'yaml'), yaml)
    t.is(convert(xml, 'a.xml', 'xml'), xml)
    t.is(convert(yaml, 'a.yaml', 'xml'), xml)
    t.is(convert(xml, 'a.xml', 'yaml'), yaml)
    t.is(convert(xml, 'a.xml', 'json'), json)
  })
}
