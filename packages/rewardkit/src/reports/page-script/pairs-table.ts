// The one script of a report: turns the pairs inside the page into a table with search, sort and filter. The page
// holds the compiled file, so it imports nothing but types. Texts only ever become text nodes.
import type { PagePairs, Pieces, RunPairs } from './payload.ts'

type Sortable = 'id' | 'subset' | 'reason' | 'suspicion' | 'margin' | 'chosen' | 'rejected' | 'annotated' | 'longer'

interface View {
  run: number
  query: string
  subset: string
  ranked: string
  reason: string
  suspicion: string
  sort: Sortable
  descending: boolean
  page: number
}

const rowsOnPage = 20

const columnNames: readonly (readonly [Sortable, string])[] = [
  ['id', 'Pair'],
  ['margin', 'Margin'],
  ['subset', 'Subset'],
  ['suspicion', 'Suspicious'],
  ['reason', 'Why it is here'],
  ['chosen', 'Chosen reward'],
  ['rejected', 'Rejected reward'],
  ['annotated', 'Annotated margin'],
  ['longer', 'Longer by, tokens'],
]

const wordColumns: readonly Sortable[] = ['id', 'subset', 'reason', 'suspicion']

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** The data of the page, unpacked by the browser. */
async function unpacked(base64: string): Promise<PagePairs> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  const pairs: unknown = JSON.parse(await new Response(stream).text())
  return isPairs(pairs) ? pairs : []
}

/** The page and this script are written together, so the list is all that can be missing. */
const isPairs = (value: unknown): value is PagePairs => Array.isArray(value)

/** Whether a pair passes the search and the filters. */
function passes({ columns, texts, subsets }: RunPairs, view: View, pair: number): boolean {
  const margin = columns.margin[pair] ?? NaN
  const rank = margin > 0 ? 'right' : margin < 0 ? 'wrong' : 'tie'
  if (view.ranked !== '' && view.ranked !== rank) return false
  if (view.subset !== '' && Number(view.subset) !== columns.subset[pair]) return false
  if (view.reason !== '' && Number(view.reason) !== columns.reason[pair]) return false
  if (view.suspicion !== '' && Number(view.suspicion) !== columns.suspicion[pair]) return false
  if (view.query === '') return true
  const [prompt = '', chosen = [], rejected = []] = texts[pair] ?? []
  const parts = [columns.id[pair], subsets[columns.subset[pair] ?? -1], prompt, chosen.join(''), rejected.join('')]
  return parts.some((part) => part?.toLowerCase().includes(view.query))
}

function wordOf({ columns, subsets, reasons, suspicions }: RunPairs, column: Sortable, pair: number): string {
  if (column === 'subset') return subsets[columns.subset[pair] ?? -1] ?? ''
  if (column === 'reason') return reasons[columns.reason[pair] ?? -1] ?? ''
  if (column === 'suspicion') return suspicions[columns.suspicion[pair] ?? -1] ?? ''
  return columns.id[pair] ?? ''
}

/** The pairs that are shown, in order; pairs without a value come last, equal ones in the order of the page. */
function arranged(run: RunPairs, view: View): Int32Array {
  const { columns } = run
  const found = Int32Array.from(columns.id, (_, pair) => pair).filter((pair) => passes(run, view, pair))
  const sign = view.descending ? -1 : 1
  if (wordColumns.includes(view.sort)) {
    const { compare } = new Intl.Collator('en', { numeric: true })
    return found.sort((a, b) => sign * compare(wordOf(run, view.sort, a), wordOf(run, view.sort, b)) || a - b)
  }
  const values = columns[view.sort]
  const key = (pair: number) => {
    const value = values?.[pair]
    return typeof value === 'number' ? sign * value : Infinity
  }
  const keys = Float64Array.from(columns.id, (_, pair) => key(pair))
  return found.sort((a, b) => {
    const [left = Infinity, right = Infinity] = [keys[a], keys[b]]
    return left === right ? a - b : left - right
  })
}

function shownNumber(value: string | number | null | undefined, column: Sortable): string {
  if (typeof value !== 'number') return '\u2013'
  // Annotated margins are often grades, and lengths are whole numbers.
  const text = column === 'annotated' || column === 'longer' ? String(Number(value.toFixed(3))) : value.toFixed(3)
  return text.replace('-', '\u2212')
}

/** A text whose pieces that the other response lacks are marked, unless nothing is shared. */
function markedText(name: string, pieces: Pieces, label: string): HTMLElement {
  const isShared = (place: number) => place % 2 === 1
  const nothingShared = pieces.length < 2
  const nodes = pieces.flatMap((piece, place): (Node | string)[] => {
    if (piece === '') return []
    return nothingShared || isShared(place) ? [piece] : [element('mark', {}, piece)]
  })
  const attributes = { class: 'content', dir: 'auto', role: 'region', tabindex: '0', 'aria-label': `${name}, ${label}` }
  return element('div', { class: 'text' }, element('p', { class: 'side' }, name), element('pre', attributes, ...nodes))
}

function textsOf(run: RunPairs, pair: number): Node[] {
  const texts = run.texts[pair]
  if (!texts) return [element('p', { class: 'none' }, 'The texts of this pair are not in the evaluation folder.')]
  const label = `pair ${run.columns.id[pair] ?? ''}`
  const [prompt, chosen, rejected] = texts
  return [
    markedText('Prompt', [prompt], label),
    element('div', { class: 'sides' }, markedText('Chosen', chosen, label), markedText('Rejected', rejected, label)),
  ]
}

/** A row, and beneath it the texts once they are asked for. */
function pairRows(run: RunPairs, columns: readonly Sortable[], pair: number): HTMLTableRowElement[] {
  const id = run.columns.id[pair] ?? ''
  const toggle = element('button', { type: 'button', 'aria-expanded': 'false', class: 'open' }, element('bdi', {}, id))
  const cells = columns.slice(1).map((column) => {
    if (wordColumns.includes(column))
      return element('td', { class: 'words' }, element('bdi', {}, wordOf(run, column, pair)))
    const values = run.columns[column]
    return element('td', {}, shownNumber(values?.[pair], column))
  })
  const row = element('tr', {}, element('th', { scope: 'row' }, toggle), ...cells)
  const details = element('tr', { class: 'details', hidden: '' })
  toggle.addEventListener('click', () => {
    if (details.childElementCount === 0)
      details.append(element('td', { colspan: String(columns.length) }, element('div', {}, ...textsOf(run, pair))))
    details.hidden = !details.hidden
    toggle.setAttribute('aria-expanded', String(!details.hidden))
  })
  return [row, details]
}

/** A field with its name. */
function named<Field extends HTMLElement>(name: string, field: Field): { field: Field; whole: HTMLElement } {
  const id = `pairs-${name.toLowerCase().replaceAll(' ', '-')}`
  field.id = id
  return { field, whole: element('div', {}, element('label', { for: id }, name), field) }
}

function select(name: string, options: readonly (readonly [value: string, text: string])[]) {
  const choices = options.map(([value, text]) => element('option', { value }, text))
  return named(name, element('select', {}, ...choices))
}

/** Puts the table with its fields in place of what the page shows without a script. */
function show(place: HTMLElement, all: PagePairs): void {
  const view: View = {
    run: 0,
    query: '',
    subset: '',
    ranked: '',
    reason: '',
    suspicion: '',
    sort: 'margin',
    descending: false,
    page: 0,
  }
  const [first] = all
  if (!first) return

  const search = named('Search ids and texts', element('input', { type: 'search' }))
  const runs = select(
    'Run',
    all.map(({ name }, index) => [String(index), name]),
  )
  const ranked = select('Ranked', [
    ['', 'all'],
    ['wrong', 'wrong'],
    ['right', 'right'],
    ['tie', 'tie'],
  ])
  const subset = select('Subset', [['', 'all']])
  const reason = select('Why it is here', [['', 'all']])
  const suspicion = select('Suspicious', [['', 'all']])
  const found = element('p', { role: 'status', class: 'lead' })
  const body = element('tbody')
  const head = element('tr')
  const earlier = element('button', { type: 'button' }, 'Previous')
  const later = element('button', { type: 'button' }, 'Next')
  const current = () => all[view.run] ?? first
  const columnsOf = (run: RunPairs): Sortable[] =>
    columnNames
      .map(([column]) => column)
      .filter((column) => run.columns[column] !== undefined && (column !== 'subset' || run.subsets.length > 0))

  const drawHead = (columns: readonly Sortable[]) => {
    head.replaceChildren(
      ...columnNames.flatMap(([column, name]) => {
        if (!columns.includes(column)) return []
        const button = element('button', { type: 'button', 'data-column': column }, name)
        button.addEventListener('click', () => {
          view.descending = view.sort === column && !view.descending
          view.sort = column
          view.page = 0
          draw()
          head.querySelector<HTMLElement>(`[data-column=${column}]`)?.focus()
        })
        const order = view.sort === column ? (view.descending ? 'descending' : 'ascending') : 'none'
        const words = wordColumns.includes(column) ? { class: 'words' } : {}
        return [element('th', { scope: 'col', 'aria-sort': order, ...words }, button)]
      }),
    )
  }
  const draw = () => {
    const run = current()
    const order = arranged(run, view)
    const pages = Math.max(1, Math.ceil(order.length / rowsOnPage))
    view.page = Math.min(view.page, pages - 1)
    const start = view.page * rowsOnPage
    const columns = columnsOf(run)
    drawHead(columns)
    body.replaceChildren(
      ...Array.from(order.subarray(start, start + rowsOnPage)).flatMap((pair) => pairRows(run, columns, pair)),
    )
    const count = (value: number) => value.toLocaleString('en-US')
    const inPage = run.columns.id.length
    const rest = inPage < run.of ? `, of ${count(run.of)} that were evaluated` : ''
    const range =
      order.length > 0 ? `: ${count(start + 1)} to ${count(Math.min(order.length, start + rowsOnPage))}` : ''
    found.textContent = `${count(order.length)} of ${count(inPage)} pairs in this page${rest}${range}`
    earlier.disabled = view.page === 0
    later.disabled = view.page >= pages - 1
  }
  const fillFilters = () => {
    const run = current()
    const fill = (field: HTMLSelectElement, names: readonly string[]) =>
      field.replaceChildren(
        element('option', { value: '' }, 'all'),
        ...names.map((name, index) => element('option', { value: String(index) }, name)),
      )
    fill(subset.field, run.subsets)
    fill(reason.field, run.reasons)
    fill(suspicion.field, run.suspicions)
    subset.whole.hidden = run.subsets.length === 0
    view.subset = view.reason = view.suspicion = ''
  }
  const on = (field: HTMLElement, change: () => void) => {
    field.addEventListener('input', () => {
      view.page = 0
      change()
      draw()
    })
  }
  on(search.field, () => (view.query = search.field.value.trim().toLowerCase()))
  on(ranked.field, () => (view.ranked = ranked.field.value))
  on(subset.field, () => (view.subset = subset.field.value))
  on(reason.field, () => (view.reason = reason.field.value))
  on(suspicion.field, () => (view.suspicion = suspicion.field.value))
  on(runs.field, () => {
    view.run = Number(runs.field.value)
    fillFilters()
  })
  const turn = (by: number) => {
    view.page += by
    draw()
  }
  earlier.addEventListener('click', () => turn(-1))
  later.addEventListener('click', () => turn(1))

  fillFilters()
  draw()
  const fields = [
    search.whole,
    ...(all.length > 1 ? [runs.whole] : []),
    ranked.whole,
    subset.whole,
    suspicion.whole,
    reason.whole,
  ]
  const table = element('table', { class: 'pairs-table' }, element('thead', {}, head), body)
  place.replaceChildren(
    element('div', { class: 'filters' }, ...fields),
    found,
    element('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Table of pairs' }, table),
    element('p', { class: 'pager' }, earlier, later),
  )
}

const data = document.querySelector<HTMLTemplateElement>('template#pair-data')
const place = document.querySelector<HTMLElement>('#pair-table')
if (data && place) show(place, await unpacked(data.content.textContent ?? ''))
