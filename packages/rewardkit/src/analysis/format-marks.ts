import type { FormatMark } from '../statistics/types.ts'

/** The marks in the order of their bits: a list is 1, a heading 2, code 4, a refusal 8. */
export const formatMarks = ['list', 'heading', 'code', 'refusal'] as const satisfies readonly FormatMark[]

/** Marks that nobody looked for, since the text was not at hand. */
export const unknownMarks = 255

/** The bit of a mark. */
export const markBit = (mark: FormatMark): number => 1 << formatMarks.indexOf(mark)

/** The names of the marks in a mask. */
export const marksOf = (mask: number): FormatMark[] => formatMarks.filter((mark) => (mask & markBit(mark)) !== 0)

/** The mask of some marks. */
export const maskOf = (marks: readonly FormatMark[]): number => marks.reduce((mask, mark) => mask | markBit(mark), 0)

/** A fenced code block of Markdown, up to its closing fence or the end of the text. */
const codeBlock = /^ {0,3}(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?^ {0,3}\1[`~]*[ \t]*$|[\s\S]*)/gmu

/**
 * A bullet, or a number of up to three digits in any script, at the beginning of a line. Decimals (`1.5`) and years are
 * none.
 */
const listItem =
  /^[ \t\u3000]*(?:[-*+•·●○▪◦‣–][ \t\u3000]|[•●▪]|[(（]?\p{Nd}{1,3}(?:[.)](?!\p{Nd})|[、．）])|[①-⑳]|[一二三四五六七八九十]{1,3}、|[a-z]\)[ \t])\s*\S/gmu

/** A line that begins with one to six # signs, or is bold from end to end. */
const heading = /^(?: {0,3}#{1,6}[ \t]+\S|[ \t]*\*\*[^*\n]+\*\*:?[ \t]*$|[ \t]*__[^_\n]+__:?[ \t]*$)/mu

/** How far into a response a refusal may stand, in UTF-16 units. */
const refusalWithin = 160

const declined =
  'assist|help|provide|do (?:that|this|so)|comply|fulfill?|answer|give|share|create|write|generate|discuss|support|engage|recommend|offer|tell|advise|participate|condone|encourage|respond|continue|in good conscience|with (?:that|this|your)|be able'

/**
 * What a refusal says near its beginning, language by language. An apology alone is none: "I'm sorry to hear that"
 * comforts. Chinese, Japanese and Korean put no spaces between words.
 */
const refusals: readonly RegExp[] = [
  // English
  new RegExp(
    String.raw`\b(?:I|we)(?: absolutely| simply| also| really)?(?: (?:cannot|can ?not|can't|won't|will not|am not able to|am unable to|must decline to|refuse to|don't feel comfortable)|'m (?:not able to|unable to)| do not feel comfortable| am not comfortable|'m not comfortable)\b(?: (?:\p{L}+ ){0,3}?(?:${declined})\b|[.,]|$)`,
    'iu',
  ),
  /\bsorry,? (?:but )?(?:I|we)(?: absolutely| simply| really)?(?: can't| cannot| can not| won't| will not| must decline| am unable|'m unable| am not (?:able|allowed|comfortable)|'m not (?:able|allowed|comfortable))|\bI (?:must|have to) (?:decline|refuse)\b|\bas an AI\b[^.!?]{0,60}\b(?:can't|cannot|unable to|not able to)\b/iu,
  // German
  /(?:^|[^\p{L}])(?:ich kann|kann ich|ich darf|darf ich|ich werde)(?: \p{L}+){0,4} nicht(?: \p{L}+){0,4} (?:helfen|geben|beantworten|unterstützen|erstellen|schreiben|tun|bereitstellen|dienen)|tut mir leid, aber (?:ich|das|dabei)/iu,
  // French
  /(?:^|[^\p{L}])je (?:ne peux pas|ne peux|ne suis pas en mesure|refuse de)(?: \p{L}+){0,4} (?:aider|répondre|fournir|donner|faire|écrire|créer|vous|t'aider|cela)|désolée?,? mais je/iu,
  // Spanish, Portuguese, Italian
  /lo siento,? (?:pero )?no p(?:uedo|odemos)|(?:^|[^\p{L}])no puedo (?:\p{L}+ ){0,3}?(?:ayudar|proporcionar|responder|hacer|dar|crear|escribir|cumplir)/iu,
  /(?:desculpe|sinto muito),? (?:mas )?não posso|(?:^|[^\p{L}])não posso (?:\p{L}+ ){0,3}?(?:ajudar|fornecer|responder|fazer|dar|criar|escrever)/iu,
  /mi dispiace,? (?:ma )?non posso|(?:^|[^\p{L}])non posso (?:\p{L}+ ){0,3}?(?:aiutar|fornir|risponder|fare|dare|crear|scriver)/iu,
  // Russian
  /я не (?:могу|буду)(?: \p{L}+){0,3} (?:помо[чг]|ответ|предостав|дать|сделать|выполн|написать|созда|с этим)|(?:извините|к сожалению|простите),? (?:но )?я не (?:могу|буду)/iu,
  // Chinese, Japanese, Korean
  /(?:抱歉|对不起|對不起|不好意思)[^。！？\n]{0,20}(?:不能|无法|無法|不可以)|我(?:不能|无法|無法)(?:[^。！？\n]{0,12})(?:帮助|幫助|提供|回答|协助|協助|满足|滿足|给出|参与)/u,
  /(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい)[^。\n]{0,40}(?:できません|できかねます|お答えできない|致しかねます|いたしかねます)|お(?:手伝い|答え|応え)[^。\n]{0,8}(?:できません|できかねます)/u,
  /(?:죄송|미안)[^.\n]{0,40}(?:수 없|드릴 수가 없|못)|(?:도와|도움을|제공|답변)[^.\n]{0,12}수 없/u,
  // Arabic, Hindi
  /لا (?:أستطيع|يمكنني|استطيع)(?: \p{L}+){0,3}? ?(?:مساعد|تقديم|المساعدة|الإجابة|أن|القيام|توفير)|(?:عذر|آسف|أعتذر)[^.\n]{0,20}لا (?:أستطيع|يمكنني)/u,
  /(?:क्षमा करें|माफ़ करें|माफ करें)[^।\n]{0,60}(?:नहीं|असमर्थ)|मैं[^।\n]{0,60}(?:मदद|सहायता)[^।\n]{0,20}नहीं कर/u,
]

/**
 * The marks of form in a response, as a mask. Lists and headings in code blocks do not count.
 *
 * - `list`: at least two lines that begin with a bullet or a number.
 * - `heading`: a line that begins with one to six # signs, or is bold from end to end.
 * - `code`: a fenced block.
 * - `refusal`: the first 160 characters say that the writer cannot or will not do what was asked, by phrases of eleven
 *   languages and scripts. It is a rule of thumb that misses some.
 */
export function findMarks(text: string): number {
  const isCode = /^ {0,3}(?:```|~~~)/mu.test(text)
  const prose = isCode ? text.replaceAll(codeBlock, '\n') : text
  let mask = isCode ? markBit('code') : 0
  if ((prose.match(listItem)?.length ?? 0) >= 2) mask |= markBit('list')
  if (heading.test(prose)) mask |= markBit('heading')
  const opening = prose.slice(0, refusalWithin).replaceAll(/[’ʼ]/gu, "'").replaceAll(/\s+/gu, ' ')
  if (refusals.some((pattern) => pattern.test(opening))) mask |= markBit('refusal')
  return mask
}
