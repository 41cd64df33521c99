/**
 * The one error of this package: everything that is wrong with a file, each with its place and what
 * would be right.
 */
import { shownText } from "@podwright/spec-builder"
import { Schema } from "effect"

/** One thing that is wrong. Line and column count from 1; `path` leads into the file's values. */
export class TaskFileIssue extends Schema.Class<TaskFileIssue>("@podwright/task-file/TaskFileIssue")({
  message: Schema.String,
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
  path: Schema.Array(Schema.Union([Schema.String, Schema.Int]))
}) {
  override toString(): string {
    return `${shownText(this.file)}:${this.line}:${this.column}: ${shownText(this.message)}`
  }
}

/**
 * Why a file cannot be used. The message has a line for every issue, each `FILE:LINE:COLUMN: what
 * is wrong and what would be right`.
 */
export class TaskFileError extends Schema.TaggedError<TaskFileError>()("TaskFileError", {
  /** What was being done: `read`, `parse`, `inputs`, `render` or `connect`. */
  operation: Schema.String,
  issues: Schema.NonEmptyArray(TaskFileIssue)
}) {
  override get message(): string {
    return this.issues.map(String).join("\n")
  }

  /** The same file fails the same way again. */
  get retryable(): boolean {
    return false
  }
}

/** What a library that throws has to say. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
