/**
 * The form of a row in the table of task types: the image, the interpreter, the script's file, and
 * what the type's own keys become. Texts are as written, with their expressions. Pure.
 */
import type { Json } from "@podwright/spec-builder"
import type { Path } from "../YamlDocument.ts"

/**
 * What a key of a type may hold: `text` also a number or a boolean; `texts` a list of texts or one
 * text; `flag` true or false; `any` whatever the row reads itself; `none` what has no effect in a
 * pod, of which a notice tells.
 */
export type KeyKind = "text" | "texts" | "flag" | "any" | "none"

/** A text, and where it was written, from the task. Without `from` no person wrote it. */
export interface Written {
  readonly text: string
  readonly from?: Path
}

/** What is wrong with a key, or worth knowing of it; `path` leads to it from the task. */
export interface Remark {
  readonly path: Path
  readonly message: string
}

/** What a type makes of a task's own keys. Everything is optional: a row adds what it has. */
export interface Parts {
  /** The image, when the task names none. */
  readonly image?: Written
  readonly interpreter?: ReadonlyArray<string>
  /** Variables that replace the task's of the same name. */
  readonly env?: Readonly<Record<string, Written>>
  /** Lines that run before `beforeCommands`. */
  readonly before?: ReadonlyArray<Written>
  /** Replaces `commands`. */
  readonly commands?: ReadonlyArray<Written>
  /** Input files by name, which those of the task win over. */
  readonly files?: Readonly<Record<string, Written>>
  /** Names and patterns of output files, besides those of the task. */
  readonly outputFiles?: ReadonlyArray<Written>
  readonly failFast?: boolean
  readonly issues?: ReadonlyArray<Remark>
  readonly notices?: ReadonlyArray<Remark>
}

/** Reads the keys of one task; what does not have its kind is reported elsewhere and reads as absent. */
export interface TaskKeys {
  readonly text: (key: string) => Written | undefined
  /** A list of texts; one text is a list of one. */
  readonly texts: (key: string) => ReadonlyArray<Written>
  readonly flag: (key: string, otherwise: boolean) => boolean
  readonly value: (key: string) => Json | undefined
}

/** How a script that stands in the task becomes a file and a command. */
export interface ScriptKind {
  /** Of the file, such as `.py`. A key of the task may say another. */
  readonly extension: string
  /** The command for the file's absolute path. */
  readonly run: (path: string, keys: TaskKeys) => string
  /** What stands before the script in its file. */
  readonly head?: (script: string) => string
}

/** A type of task that runs commands or a script in a container. */
export interface ScriptType {
  /** For a task that names none. */
  readonly image: string
  /** Default: `/bin/sh -c`. */
  readonly interpreter?: ReadonlyArray<string>
  /** Whether the shell stops at the first command that fails, when the task does not say. Default: true. */
  readonly failFast?: boolean
  /** Absent: the task has `commands`. `inline`: its `script` is the one command. */
  readonly script?: ScriptKind | "inline"
  /** Variables of the type itself. They replace the task's. */
  readonly env?: Readonly<Record<string, string>>
  /** The type's own keys, besides those that every type has. */
  readonly keys?: Readonly<Record<string, KeyKind>>
  /** Whether input files are delivered as written, because `{{` belongs to the tool that reads them. */
  readonly literalFiles?: boolean
  /** What the own keys become. */
  readonly parts?: (keys: TaskKeys) => Parts
}

/** Variables from keys that are texts: the key's name leads to the variable's. */
export const variablesOf = (
  keys: TaskKeys,
  names: Readonly<Record<string, string>>
): Readonly<Record<string, Written>> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([key, variable]) => {
      const text = keys.text(key)
      return text === undefined ? [] : [[variable, text] as const]
    })
  )

/** Lines that no person wrote. */
export const lines = (...texts: ReadonlyArray<string>): ReadonlyArray<Written> => texts.map((text) => ({ text }))
