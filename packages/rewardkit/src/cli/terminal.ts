import pc from 'picocolors'
import type { Event } from '../events.ts'
import type { EvaluationMetrics, StepMetrics } from '../run-metrics.ts'
import { visible } from '../visible.ts'
import { inCommandWords } from './words.ts'

/** Where lines go: standard error, or a collector in a test. */
export interface TerminalStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Shows what happens while long work runs. */
export interface Terminal {
  readonly onEvent: (event: Event) => void
  /** Ends a line that is still being rewritten. */
  readonly finish: () => void
}

/** Without a terminal, progress is a line at most this often, in milliseconds. */
const quietInterval = 5000
/** On a terminal, the progress line is rewritten at most this often. */
const lively = 100

/**
 * A terminal for events. On a TTY progress rewrites one line; elsewhere a line comes every few seconds. Warnings and
 * evaluations are always lines of their own.
 * @param now milliseconds, a clock that only goes forward
 */
export function createTerminal(stream: TerminalStream, now: () => number = () => performance.now()): Terminal {
  const isLive = stream.isTTY === true
  const colors = pc.createColors(isLive && pc.isColorSupported)
  let shown = -Infinity
  let open = false
  let work = { label: '', start: 0, first: 0 }

  const clear = () => {
    if (open) stream.write('\r\u001B[2K')
    open = false
  }
  const line = (text: string) => {
    clear()
    stream.write(`${text}\n`)
  }
  /** Progress of `done` of `total`; the last one stays. */
  const progress = (
    { label, done, total, secondsLeft }: { label: string; done: number; total: number; secondsLeft?: number },
    text: string,
  ) => {
    const time = now()
    if (work.label !== label || done < work.first) work = { label, start: time, first: done }
    const last = done >= total
    const firstLook = work.first === done
    if (!last && !firstLook && time - shown < (isLive ? lively : quietInterval)) return
    shown = time
    const rate = (done - work.first) / Math.max(1, time - work.start)
    const seconds = secondsLeft ?? (rate === 0 || total === Infinity ? undefined : (total - done) / rate / 1000)
    const left = last || seconds === undefined ? '' : ` · ${formatDuration(seconds)} left`
    if (last) work = { label: '', start: 0, first: 0 }
    if (!isLive || last) return line(`${text}${left}`)
    clear()
    stream.write(`${text}${left}`.slice(0, (stream.columns ?? 80) - 1))
    open = true
  }

  return {
    onEvent: (event) => {
      switch (event.kind) {
        case 'log':
          return line(visible(inCommandWords(event.phrase)))
        case 'warning':
          return line(`${colors.yellow('warning')}: ${visible(inCommandWords(event.phrase))}`)
        case 'evaluation':
          return line(colors.cyan(evaluationText(event.metrics)))
        case 'step':
          return progress(
            { label: 'step', done: event.metrics.step, total: event.totalSteps },
            stepText(event.metrics, event.totalSteps),
          )
        case 'progress': {
          const { label, done, total, unit } = event
          return progress(event, `${visible(label)}: ${total === Infinity ? done : `${done} of ${total}`} ${unit}`)
        }
      }
    },
    finish: () => {
      if (open) stream.write('\n')
      open = false
    },
  }
}

/** `48 s`, `3:12 min`, `1:05 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  const two = (value: number) => String(value).padStart(2, '0')
  if (minutes < 60) return `${minutes}:${two(whole % 60)} min`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`
}

function stepText(metrics: StepMetrics, totalSteps: number): string {
  const { step, objective_loss: loss, bradley_terry_loss: plainLoss, accuracy } = metrics
  const plain = Math.abs(plainLoss - loss) < 5e-5 ? '' : ` · Bradley-Terry loss ${plainLoss.toFixed(4)}`
  return [
    `step ${String(step).padStart(String(totalSteps).length)}/${totalSteps}`,
    `loss ${loss.toFixed(4)}${plain}`,
    `accuracy ${(100 * accuracy).toFixed(1)} %`,
    `margin ${metrics.reward_margin_mean.toFixed(3)}`,
    `${metrics.pairs_per_second.toFixed(metrics.pairs_per_second < 10 ? 1 : 0)} pairs/s`,
  ].join(' · ')
}

function evaluationText(metrics: EvaluationMetrics): string {
  const percent = (value: number) => (100 * value).toFixed(1)
  const { accuracy, accuracy_low: low, accuracy_high: high } = metrics
  return [
    `after step ${metrics.step}: held-out accuracy ${percent(accuracy)} % (${percent(low)}-${percent(high)})`,
    `Bradley-Terry loss ${metrics.bradley_terry_loss.toFixed(4)}`,
    `margin ${metrics.reward_margin_mean.toFixed(3)}`,
    `${metrics.pairs} pairs`,
  ].join(' · ')
}
