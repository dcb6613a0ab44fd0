/**
 * One turn of a conversation; roles are the usual `system`, `user`, `assistant`, `tool` (others pass). Whatever else it
 * holds (`tool_calls`, `name`, `reasoning_content`, ...) is read by chat templates.
 */
export interface Message {
  readonly role: string
  /** Null where other fields say it all, as in a message of tool calls. */
  readonly content: string | null
  readonly [field: string]: unknown
}

/** What a chat template reads besides the messages, under the names of the columns that hold it. */
export interface TemplateInputs {
  /** JSON schemas of the tools that the assistant may call. */
  readonly tools?: readonly unknown[]
  readonly documents?: readonly unknown[]
  /** Variables of the template, such as `enable_thinking`. */
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>>
}

/** One judgement between two responses of a group, by their index in `responses`. */
export interface Preference {
  readonly chosen: number
  readonly rejected: number
  /** Annotated margin: how much better the chosen response is. Finite. */
  readonly margin?: number
  /** Weight of this preference in an objective that uses weights. Finite, not negative. */
  readonly weight?: number
  /** Probability that `chosen` is the better one (0.5 is a tie), for objectives that take soft labels. */
  readonly probability?: number
}

/**
 * How the text of a group came, which decides how a model reads it:
 * - `messages`: conversations; go through the model's chat template.
 * - `text`: plain strings; read unchanged, prompt and response concatenated, plus the end token (as TRL does).
 * - `transcript`: parsed from an HH transcript; read through the chat template if the model has one, else unchanged.
 */
export type TextForm = 'messages' | 'text' | 'transcript'

/** The original strings of a transcript, cut where the shared prompt ends. */
export interface TranscriptSource {
  readonly prompt: string
  readonly responses: readonly string[]
}

/**
 * The record that everything works on: a prompt, its responses, and preferences between them. A preference pair is a
 * group of two responses. Whole diverging conversations have an empty prompt.
 */
export interface Group {
  readonly id: string
  /** Groups with equal `promptId` have the same prompt: intervals and splits respect it. */
  readonly promptId: string
  readonly form: TextForm
  /** With form `text` the prompt is at most one `user` message and each response one `assistant` message. */
  readonly prompt: readonly Message[]
  readonly responses: readonly (readonly Message[])[]
  readonly preferences: readonly Preference[]
  readonly subset?: string
  /**
   * Form `transcript` only: the original strings. `prompt` followed by `responses[k]` is, character for character, the
   * k-th transcript of the file. The prompt ends before the marker ("\n\nAssistant:") that opens the responses.
   */
  readonly source?: TranscriptSource
  /** Absent where there are none. */
  readonly inputs?: TemplateInputs
  /** Columns that have no place of their own. */
  readonly meta?: Readonly<Record<string, unknown>>
}
