import { describe, expect, test } from 'vitest'
import { isForOthers } from '../../src/slack/messages/addressees.ts'
import {
  isCorrection,
  isGreeting,
  isStopWord,
  isThanks,
  isYesOrNo,
  readAfterStop,
} from '../../src/slack/messages/short-words.ts'

describe('a line that corrects the one before', () => {
  test.each([
    'Sorry, I meant employee 10021',
    'Sorry I meant 10021',
    'oh no, wait: I meant 10021!',
    'I meant the one in Berlin',
    'No, employee 10021',
    'Correction: 10021',
    'not 10020 but 10021',
    '10021 instead',
    'Entschuldigung, ich meinte 10021',
    'Pardon, je voulais dire 10021',
    'Perdón, quise decir 10021',
  ])('%s', (text) => expect(isCorrection(text)).toBe(true))
  test.each([
    'Delete employee 10021',
    'Sorry, I meant to ask: how many are there?',
    'How many did I mean?',
    'no',
    'no, thanks',
    'Sorry',
    'never mind',
    'No employee has a salary above that, right',
    'Show me the files instead of the folders, please',
    'Notes on what I meant',
    // Read at once, however often it is said.
    'no '.repeat(66),
    `${'oh no '.repeat(30)}what`,
  ])('%s', (text) => expect(isCorrection(text)).toBe(false))
})

describe('words that stop', () => {
  test.each([
    'stop',
    'Stop!',
    ' please stop it.',
    'stop, please',
    '*stop*',
    '_Stop_',
    '`stop`',
    '"stop"',
    '“Stop”',
    'STOP STOP STOP',
    'stop…',
    'stop 🛑',
    '🛑',
    'stop :pray:',
    'stop it now',
    'please stop it right now',
    'can you please stop',
    'Stop, thanks',
    'ok stop',
    'wait, stop',
    'Patchbay, stop',
    'stop everything',
    'cancel',
    'cancel that',
    'cancel the request',
    'abort!',
    'never mind',
    'quit',
    'Bitte stopp',
    'Hör bitte auf!',
    'abbrechen',
    'arrête ça',
    'Stop, s’il te plaît',
    'annule',
    '¡Para!',
    'detente por favor',
    'cancela',
    'pare isso',
    'fermati',
    'stoppen alsjeblieft',
    'стоп',
    'Остановись, пожалуйста',
    '止めて',
    'やめてください',
    'ストップ！',
    'キャンセルして',
    '停止',
    '请停止',
    '取消',
    '멈춰 주세요',
    '그만',
  ])('%s', (text) => expect(isStopWord(text)).toBe(true))
  test.each([
    'stop the server',
    'nonstop',
    'do not stop',
    "don't stop",
    'never stop',
    'cancel my 3 pm meeting',
    'cancel order 5',
    'cancel the meeting',
    'abort the deploy',
    'how do I stop?',
    'stop and start the server',
    'cancel it and list the files',
    'para mañana',
    'arrête le serveur',
    'stopp den Server',
    'サーバーを止めて',
    '取消订单',
    'please',
    'now',
    '',
    'no',
    'stop '.repeat(60),
  ])('not: %s', (text) => expect(isStopWord(text)).toBe(false))
})

describe('yes and no', () => {
  test.each([
    'yes',
    'YES!!',
    '*yes*',
    'y',
    'ok',
    'Okay.',
    'sure, go ahead!',
    'approve',
    'I approve this',
    'approved',
    'please approve it',
    'yes, do it',
    'lgtm',
    '👍',
    '👍🏽',
    ':+1:',
    ':white_check_mark:',
    'yes 👍',
    'no',
    'nope',
    'no, don’t',
    'no thanks',
    'deny',
    'Reject it',
    '👎',
    'ja bitte',
    'nein',
    'oui',
    'sí',
    'нет',
    'はい',
    '承認します',
    '是的',
    '네',
  ])('%s', (text) => expect(isYesOrNo(text)).toBe(true))
  test.each([
    'yes and list the files',
    'ok now list the files',
    'approve the invoice',
    'deny access to Bob',
    'no idea',
    'no, use the other folder',
    'which one?',
    'delete it',
    'please',
    'thanks',
    '',
  ])('not: %s', (text) => expect(isYesOrNo(text)).toBe(false))
})

describe('thanks', () => {
  test.each([
    'thanks',
    'Thank you so much!',
    'great, thanks',
    'ok thanks 🙏',
    '🙏',
    'merci beaucoup',
    'vielen Dank',
    'ありがとうございます',
  ])('%s', (text) => expect(isThanks(text)).toBe(true))
  test.each(['thanks, now list the files', 'great', 'ok', '👍', 'why thanks', ''])('not: %s', (text) =>
    expect(isThanks(text)).toBe(false),
  )
})

describe('words for somebody else', () => {
  test.each([
    '<@U1A> what do you think?',
    '<!subteam^S1> can you look?',
    '<!subteam^S1|@oncall> please look',
    'thanks <@U1A>!',
    'thanks <@U1A> for the fix',
    'cc <@U1A>',
    '/cc <!subteam^S1>',
    '+1 <@U1A>',
    'hey <@U1A|jane> can you check',
    '<@U1A> <@U2B> ship it?',
    '<!here> lunch?',
    '<!channel> fyi',
    '@jane can you check the logs',
    '*<@U1A>* look',
    'Hi all,\n<@U1A> can you take it?',
    'what do you think, <@U1A>?',
    'wdyt <@U1A>',
    'Looks good.\ncc <@U1A>',
    '&gt; the numbers are off\n<@U1A> can you mend it?',
    '<@U1A>さん、お願いします',
    '<!here> are you ready?',
    'hey <@U1A>, <@U2B> and <!subteam^S1>: is this right?',
    'great work <@U1A> on the launch',
  ])('%s', (text) => expect(isForOthers(text)).toBe(true))
  test.each([
    'send it to <@U1A>',
    'what did <@U1A> say?',
    'list the tickets of <@U1A>, <@U2B>',
    'open tickets of:\n<@U1A>\n<@U2B>',
    '- <@U1A> does A\n- <@U2B> does B',
    'and what of <@U1A>?',
    '&gt; <@U1A> said so\nis that right?',
    'mail it to jane@x.org',
    'summarize this',
    'thanks',
    "can you check <@U1A>'s calendar",
    'please add <@U1A> to the project',
    'yes <@U1A> approved, deploy',
    '<@U1A> is out today; move her tickets to me',
    "<@U1A>'s tickets",
    'list the tickets of bob, <@U1A> and <@U2B>',
    'email dana, @bob.smith',
    'Assign:\n<@U1A> task 1',
    '<!here> are the numbers: sum them up',
    '<@U1A> and I need access',
    'thanks to <@U1A> the build is green, deploy it',
    'hey Patchbay, <@U1A> needs access',
    '@patchbay list the files',
    '@types/node version?',
    'Fix this code:\n@Override public void a() {}',
    '@Override public void a() {}',
  ])('not: %s', (text) => expect(isForOthers(text)).toBe(false))
  test('many names take no time', () => {
    const begun = performance.now()
    for (const names of ['<@U012ABCDE> ', '@a.', '<@U1A>, and ', '<@U1A|', ', ', '@a@'])
      for (const before of ['', 'I met them, <@U1A>', '<@U1A>'])
        isForOthers(`${before}${names.repeat(40_000 / names.length)}are in`)
    expect(performance.now() - begun).toBeLessThan(2_000)
  }, 20_000)
})

describe('what follows a stop', () => {
  test.each([
    ['Stop: wrong file', 'wrong file'],
    ['stop, that is the wrong one', 'that is the wrong one'],
    ['STOP! Not in production', 'Not in production'],
    ['please stop it. Use\nthe other: one', 'Use\nthe other: one'],
    ['Stopp, falsche Datei', 'falsche Datei'],
  ])('%s', (text, rest) => expect(readAfterStop(text)).toBe(rest))
  test.each([
    'stop the server',
    'stop',
    'stop, please',
    'Stop words: list them',
    'The stop: where is it?',
    'cancel my 3 pm meeting, please',
    'Cancel: order 12',
    'Cancel. Then delete all',
    'Para: ana@example.com',
    'Para, quiero x',
    'Alto.Adige weather',
  ])('none: %s', (text) => expect(readAfterStop(text)).toBeUndefined())
})

describe('a greeting', () => {
  test.each(['hey !', 'Hi there', 'good morning', '👋', 'hello, are you there?', 'Guten Tag!'])('%s', (text) =>
    expect(isGreeting(text)).toBe(true),
  )
  test.each(['', 'hi, what is open?', 'hello world in Rust'])('not %s', (text) => expect(isGreeting(text)).toBe(false))
})
