/**
 * What the copies of a batch say. A batch whose entries have variables is a
 * template: it is compiled when it is first asked for, and rendered whenever
 * one of its copies is read or framed.
 */
import type { Batch, Content, Variables } from '../domain/batch.ts'
import { Generations } from '../lib/generations.ts'
import { openColumns } from './columns.ts'
import { compileTemplate, type Template } from './template.ts'
import type { Values } from './values.ts'

export interface ContentTemplate {
  /** Of `content.json`. */
  json: Template
  /** Of `content.text`, as a JSON string. */
  text: Template
  /** What an entry has for both. */
  values(ordinal: number): Values
}

type Said = Pick<Batch, 'content' | 'variables'>

/**
 * Compiled templates of batches that are being accepted, delivered or read. It is not a WeakMap,
 * which would keep those of all batches in memory, and which each garbage collection has to go
 * through while everything waits.
 */
const templates = new Generations<Variables, ContentTemplate>(4 * 1024 * 1024)

/** What a compiled template takes beside its texts. */
const TEMPLATE_BYTES = 4096

/** The template of a batch; null: all its copies say the same. */
export function templateOf({ content, variables }: Said): ContentTemplate | null {
  if (variables === null) return null
  const known = templates.get(variables)
  if (known !== undefined) return known
  const template = compile(content, variables)
  const texts = content.json.length + content.text.length
  templates.add(variables, template, TEMPLATE_BYTES + 4 * texts + variables.columns.byteLength)
  return template
}

/** What the copy of an entry says. */
export function contentAt(batch: Said, ordinal: number): Content {
  const template = templateOf(batch)
  if (template === null) return batch.content
  const values = template.values(ordinal)
  return {
    format: batch.content.format,
    json: template.json.render(values),
    text: JSON.parse(template.text.render(values)) as string,
  }
}

/** How many bytes the content of an entry has, the longer of its two forms; nothing is rendered. */
export function contentBytes(batch: Said, ordinal: number): number {
  const template = templateOf(batch)
  if (template === null) {
    const { json, text } = batch.content
    return Math.max(Buffer.byteLength(json), Buffer.byteLength(text))
  }
  const values = template.values(ordinal)
  return Math.max(template.json.renderedBytes(values), template.text.renderedBytes(values))
}

/**
 * Whether the content of some entry may have more bytes than that. Looks at no entry: a value is
 * taken to be as long as all of them together, which is enough to know of most batches.
 */
export function mayExceed(batch: Said, bytesMax: number): boolean {
  const template = templateOf(batch)
  if (template === null) return contentBytes(batch, 0) > bytesMax
  const { json, text } = template
  const valueBytesMax = batch.variables!.columns.length
  return (
    Math.max(json.renderedBytesMax(valueBytesMax), text.renderedBytesMax(valueBytesMax)) > bytesMax
  )
}

function compile({ json, text }: Content, { fields, columns }: Variables): ContentTemplate {
  const opened = openColumns(columns)
  const { names } = opened
  return {
    json: compileTemplate(json, names, fields === null ? {} : { fields: new Set(fields) }),
    text: compileTemplate(JSON.stringify(text), names),
    values: (ordinal) => opened.at(ordinal),
  }
}
