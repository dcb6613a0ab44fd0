import { describe, expect, it } from 'vitest'
import { findMarks, maskOf, marksOf } from './format-marks.ts'

const marks = (text: string) => marksOf(findMarks(text))

describe('lists', () => {
  it.each([
    '- one\n- two',
    'Steps:\n1. Boil water.\n2. Wait.',
    '1) first\n2) second',
    '• αρχή\n• τέλος',
    '* **Tea**: hot\n  * green\n',
    '一、苹果\n二、梨',
    '1、苹果\n2、梨',
    '１．りんご\n２．なし',
    '١. تفاح\n٢. كمثرى',
    '१. सेब\n२. नाशपाती',
    '① 사과\n② 배',
    'a) yes\nb) no',
  ])('finds one in %j', (text) => expect(marks(text)).toEqual(['list']))

  it.each([
    '- only one item',
    '1.5 litres\n2.5 litres',
    'It began in\n1939. It ended in\n1945. Then peace.',
    '-5 degrees\n-7 degrees',
    'well-known - and so - on',
    '--- \n---',
    'Hello\nworld',
    '我喜欢一、二、三',
  ])('finds none in %j', (text) => expect(marks(text)).toEqual([]))
})

describe('headings', () => {
  it.each(['# Title\ntext', 'text\n\n### 标题\ntext', '**Overview**\ntext', '**Итоги**:\nтекст', '__Notes__\ntext'])(
    'finds one in %j',
    (text) => expect(marks(text)).toEqual(['heading']),
  )

  it.each(['#hashtag', '####### seven', '**Note:** bold at its beginning', 'C# is a language', '# \ntext'])(
    'finds none in %j',
    (text) => expect(marks(text)).toEqual([]),
  )
})

describe('code', () => {
  it.each([
    '```python\nprint(1)\n```',
    'So:\n~~~\n# a comment\n- x\n- y\n~~~\nDone.',
    '```\nnever closed\n# a comment\n1. a\n2. b',
  ])('finds a block in %j, and neither list nor heading in it', (text) => expect(marks(text)).toEqual(['code']))

  it.each(['use `ls` here', 'three ``` in a line'])('finds none in %j', (text) => expect(marks(text)).toEqual([]))

  it('goes on looking after the block', () => {
    expect(marks('```\n# no\n```\n## yes\n- a\n- b\n```\nx\n```')).toEqual(['list', 'heading', 'code'])
  })
})

describe('refusals', () => {
  it.each([
    "I'm sorry, but I can't assist with that.",
    'I’m sorry, but I can’t help with this request.',
    'I cannot fulfill your request. It would be wrong.',
    'I absolutely cannot help you with this.',
    'As an AI language model, I am not able to give legal advice.',
    "That is illegal, so I won't help.",
    'I must decline.',
    'Es tut mir leid, aber dabei kann ich nicht helfen.',
    'Ich kann dir dabei leider nicht helfen.',
    'Je ne peux pas vous aider à faire cela.',
    'Désolé, mais je ne peux pas.',
    'Lo siento, pero no puedo ayudarte con eso.',
    'Desculpe, mas não posso ajudar com isso.',
    'Mi dispiace, ma non posso aiutarti.',
    'Извините, но я не могу помочь с этим.',
    '很抱歉,我无法提供这样的信息。',
    '我不能帮助您做这件事。',
    '申し訳ありませんが、そのご要望にはお応えできません。',
    '죄송합니다만, 그 요청은 도와드릴 수 없습니다.',
    'عذراً، لا أستطيع مساعدتك في ذلك.',
    'क्षमा करें, मैं इसमें मदद नहीं कर सकता।',
  ])('finds one in %j', (text) => expect(marks(text)).toEqual(['refusal']))

  it.each([
    "I'm sorry to hear that you feel this way.",
    "I can't believe how good this is!",
    "You can't park here.",
    'Es tut mir leid, dass du krank bist.',
    'Lo siento mucho por tu pérdida.',
    'К сожалению, поезд опоздал.',
    '抱歉让你久等了,这是答案。',
    'すみません、お待たせしました。',
    `${'All of this is easy. '.repeat(10)} I cannot help with the rest.`,
  ])('finds none in %j', (text) => expect(marks(text)).toEqual([]))
})

it('writes marks as a mask and back', () => {
  expect(maskOf(['refusal', 'list'])).toBe(9)
  expect(marksOf(9)).toEqual(['list', 'refusal'])
  expect(maskOf([])).toBe(0)
})

it('reads a text of repeated marks without going back over it again and again', () => {
  for (const part of ['- ', '**', '# ', '```\n', '1. ', 'I cannot ', '抱歉', '  ', '\n  \t'])
    expect(findMarks(part.repeat(100_000))).toBeGreaterThanOrEqual(0)
})
