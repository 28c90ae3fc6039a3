/** How people of one language say a short thing: the phrases that say it, and those that may stand beside them. */
type Phrases = { says: string; beside?: string }

const BESIDE = 'ok|okay|hey|hi|oh|patchbay|pls|plz|please|thanks|thank you|thx|now'

const STOPS: Phrases[] = [
  {
    says: 'halt|abort|cancel|quit|never mind|nevermind|nvm',
    beside: `it|that|this|everything|all|all of it|all of that|all of this|here|there|working|working on it|working on this|working on that|
      doing it|doing that|doing this|the run|this run|that run|my run|the request|this request|that request|my request|right now|right away|
      immediately|at once|already|no|wait|for now|can you|could you|would you|will you|you can|just|i said`,
  },
  {
    says: 'stopp|stoppe|stoppen|halt|halt an|anhalten|abbrechen|abbruch|aufhören|hör auf|hör bitte auf|brich ab|brich das ab|brich es ab',
    beside: 'das|es|alles|damit|bitte|sofort|jetzt|mal|danke|nein|warte',
  },
  {
    says: 'arrête|arrete|arrêtez|arretez|arrêter|arrête-toi|annule|annulez|annuler|stoppe|stoppez',
    beside: `ça|ca|cela|tout|tout ça|s'il te plaît|s'il vous plaît|s'il te plait|s'il vous plait|stp|svp|merci|maintenant|tout de suite|non`,
  },
  {
    says: 'para|pare|parar|detente|detén|deténgase|detener|cancela|cancelar|cancele|basta|alto',
    beside:
      'eso|esto|todo|ya|por favor|ahora|ahora mismo|gracias|no|isso|isto|tudo|com isso|agora|já|obrigado|obrigada|não',
  },
  {
    says: 'ferma|fermati|fermare|basta|annulla|annullare|interrompi|smetti|smettila',
    beside: 'tutto|questo|così|per favore|per piacere|subito|adesso|ora|grazie|no',
  },
  {
    says: 'stoppen|annuleer|annuleren|hou op|ophouden|stoppa|avbryt|avbryd|sluta|stands',
    beside: 'het|dat|dit|alles|ermee|allt|det|alsjeblieft|alstublieft|aub|nu|graag|tack|tak',
  },
  {
    says: 'стоп|остановись|остановите|останови|отмена|отмени|отменить|хватит|прекрати',
    beside: 'это|всё|все|пожалуйста|сейчас|немедленно',
  },
  { says: 'przestań|zatrzymaj|anuluj|przerwij', beside: 'to|wszystko|proszę|natychmiast' },
  { says: 'dur|durdur|iptal|iptal et', beside: 'bunu|lütfen|hemen' },
  {
    says: 'ストップ|停止|中止|キャンセル|止めて|とめて|やめて|止まって|止まれ|やめろ',
    beside: 'して|してください|して下さい|ください|下さい|お願いします|すぐに|今すぐ|それを|それ',
  },
  {
    says: '停|停止|停下|停下来|停下來|中止|取消',
    beside: '吧|它|这个|這個|一下|请|請|马上|立刻|现在|谢谢',
  },
  {
    says: '멈춰|멈추세요|중지|중단|그만|취소|정지',
    beside: '해|하세요|해줘|해주세요|해 주세요|줘|주세요|제발|지금|당장',
  },
]

const YES_OR_NO: Phrases[] = [
  {
    says: `y|n|k|yes|yep|yeah|yup|ya|aye|sure|sure thing|ok|okay|go|go ahead|go for it|go on|do it|do it anyway|do|do so|please do|run it|send it|ship it|
      approve|approved|confirm|confirmed|accept|accepted|allow|allowed|proceed|continue|lgtm|looks good|sounds good|fine|all good|granted|
      agreed|absolutely|definitely|correct|right|of course|certainly|no|nope|nah|never|deny|denied|reject|rejected|decline|declined|
      refuse|refused|do not|don't|dont|don't do it|don't do that|do not do it|do not do that|no way|not now|not ok|not okay|not approved`,
    beside: `i|it|that|this|everything|all|them|both|with it|with that|with this|with me|to me|by me|from me|by all means|always|once|for me|you can`,
  },
  {
    says: 'ja|jawohl|klar|passt|genehmigt|freigegeben|mach|machs|los|einverstanden|nein|nö|abgelehnt|ablehnen|in ordnung',
    beside: 'das|es|bitte|gern|gerne|mal|danke|natürlich|nicht',
  },
  {
    says: `oui|ouais|d'accord|vas-y|allez-y|vas y|allez y|approuvé|j'approuve|valide|validé|non|refusé|je refuse|bien sûr`,
    beside: `merci|stp|svp|s'il te plaît|s'il vous plaît`,
  },
  {
    says: `sí|si|vale|claro|adelante|hazlo|aprobado|apruebo|confirmo|no|rechazado|rechazo|denegado|de acuerdo|
      sim|aprovado|aprovo|pode|pode fazer|não|nao|negado|certo|va bene|approvato|procedi|rifiutato|d'accordo`,
    beside: 'por favor|gracias|obrigado|obrigada|per favore|grazie',
  },
  {
    says: 'ja|nee|akkoord|goedgekeurd|prima|nej|godkänd|tak|nie|evet|hayır|onayla|да|нет|одобряю|хорошо|давай',
    beside: 'graag|proszę|lütfen|пожалуйста',
  },
  {
    says: 'はい|ええ|うん|いいえ|いいよ|いいです|承認|拒否|却下|了解|オーケー|どうぞ|お願い|だめ|ダメ',
    beside: 'します|しました|する|ください|お願いします|です',
  },
  {
    says: '是|是的|好|好的|可以|行|同意|批准|确认|確認|继续|不|不行|不要|不可以|拒绝|拒絕',
    beside: '吧|谢谢|請|请',
  },
  { says: '네|예|응|아니|아니요|아니오|승인|거부|좋아|좋아요', beside: '합니다|해요|할게요' },
]

const THANKS: Phrases[] = [
  {
    says: `thanks|thank you|thank u|thankyou|thx|ty|tysm|tyvm|cheers|much appreciated|appreciated|danke|dankeschön|danke schön|vielen dank|
      merci|gracias|obrigado|obrigada|grazie|dank je|dank u|bedankt|tack|tak|dziękuję|dzięki|спасибо|teşekkürler`,
    beside: `a lot|a bunch|a million|so much|very much|again|everyone|all|both|great|perfect|awesome|amazing|cool|nice|good|super|lovely|
      excellent|brilliant|works|that works|got it|many|for that|for this|for the help|for your help|beaucoup|bien|muchas|mil|muito|mille|
      wel|sehr|very|really|you too|all good`,
  },
  {
    says: 'ありがとう|ありがとうございます|ありがとうございました|谢谢|謝謝|감사합니다|고마워|고마워요',
    beside: 'どうも|你|您',
  },
]

/** Signs that people pick in place of a word. */
const STOP_SIGNS = /🛑|⏹|✋|:octagonal_sign:|:stop_sign:|:black_square_for_stop:|:stop_button:/u
const YES_OR_NO_SIGNS =
  /👍|👎|✅|❌|👌|✔|:\+1:|:-1:|:thumbsup:|:thumbsdown:|:white_check_mark:|:heavy_check_mark:|:x:|:ok_hand:|:ok:|🆗/u
const THANKS_SIGNS = /🙏|❤|💜|🎉|🙌|:pray:|:heart:|:tada:|:raised_hands:/u

/** The words alone: lower case, without styles, punctuation and signs. */
const wordsOf = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll('&gt;', ' ')
    .replace(/:[a-z0-9_+'-]+:|\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u{fe0f}\u{200d}]/gu, ' ')
    .replace(/[^\p{L}\p{M}\p{N}'\s-]+/gu, ' ')
    .replace(/(?<!\p{L})['-]|['-](?!\p{L})/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()

/** Words follow each other without spaces in these scripts. */
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/

/** Tells whether a text consists of such phrases, at least one of which says the thing; the longest that fits is taken. */
function createMatch({ says, beside = '' }: Phrases): (words: string) => boolean {
  const gap = UNSPACED.test(says) ? '' : ' '
  const spaced = (list: string): string[] => phrasesIn(list).map((phrase) => phrase + gap)
  const saying = new Set(spaced(says))
  const all = [...saying, ...spaced(beside), ...spaced(BESIDE)].sort((a, b) => b.length - a.length)
  const byFirstLetter = Map.groupBy(all, (phrase) => phrase[0])
  return (words) => {
    let said = false
    let left = words + gap
    while (left !== '') {
      const next = byFirstLetter.get(left[0])?.find((phrase) => left.startsWith(phrase))
      if (next === undefined) return false
      said ||= saying.has(next)
      left = left.slice(next.length)
      if (gap === '') left = left.trimStart()
    }
    return said
  }
}

const phrasesIn = (list: string): string[] => list.split('|').flatMap((phrase) => phrase.trim() || [])

const GREETINGS: Phrases[] = [
  {
    says: `hi|hey|hello|hallo|hola|bonjour|salut|ciao|olá|hej|yo|good morning|good afternoon|good evening|morning|guten morgen|guten tag|
      moin|servus|grüezi|buenos días|bonsoir|こんにちは|你好|안녕하세요`,
    beside: 'there|bot|again|all|everyone|you there|are you there|anybody there',
  },
]

type ShortWord = { signs: RegExp; matches: ((words: string) => boolean)[] }

const STOP: ShortWord = {
  signs: STOP_SIGNS,
  matches: STOPS.map(({ says, beside = '' }) => createMatch({ says: `stop|${says}`, beside })),
}
const YES_NO: ShortWord = { signs: YES_OR_NO_SIGNS, matches: YES_OR_NO.map(createMatch) }
const GREETING: ShortWord = { signs: /👋|:wave:/u, matches: GREETINGS.map(createMatch) }
const THANK: ShortWord = { signs: THANKS_SIGNS, matches: THANKS.map(createMatch) }

/** No short word is longer. */
const MOST_CHARS = 120

function isShortWord({ signs, matches }: ShortWord, text: string): boolean {
  if (text.length > MOST_CHARS) return false
  const words = wordsOf(text)
  return words === '' ? signs.test(text) : matches.some((match) => match(words))
}

/** Whether the text only asks to stop, in the ways and languages people type it. */
export const isStopWord = (text: string): boolean => isShortWord(STOP, text)

/** Words that stop where others follow them: "cancel: order 12" and "para: ana" ask for something else. */
const SURE_STOP =
  /(?<!\p{L})(?:stop|stopp|stoppe|stoppt|abort|arrête|arrete|arrêtez|стоп)(?!\p{L})|停止|ストップ|멈춰/iu

/** "Stop: use the other file": what is said behind a stop; undefined where the text is none, or no more than one. */
export function readAfterStop(text: string): string | undefined {
  const [, first = '', rest] = /^([^:;,.!–—\n]{1,40})[:;,.!–—\n]+\s*(\S[\s\S]*)$/u.exec(text.trim()) ?? []
  return SURE_STOP.test(first) && isStopWord(first) && !isStopWord(text) ? rest : undefined
}

/** Whether the text only says yes or no, as one would under an approval. */
export const isYesOrNo = (text: string): boolean => isShortWord(YES_NO, text)

/** Whether the text only greets. */
export const isGreeting = (text: string): boolean => isShortWord(GREETING, text)

/** Whether the text only thanks, so that there is nothing to do. */
export const isThanks = (text: string): boolean => isShortWord(THANK, text)

/** A cancelling of "it": where no run is at work, something else than a run is meant. */
export const isCancelOfSomething = (text: string): boolean =>
  /\b(?:cancel|abort)\b.*\b(?:it|that|this)\b/.test(wordsOf(text))

/** What a line begins with that takes back another, after words of regret. None is made of others: long rows of both would take for ever. */
const REGRETS =
  'sorry|oops|ups|uups|oh|ah|no|wait|my bad|my mistake|nein|moment|entschuldigung|pardon|non|désolé|désolée|perdón'
const MEANT =
  'i meant|i mean|i wanted to say|correction|scratch that|ich meinte|ich meine|gemeint war|gemeint ist|korrektur|je voulais dire|quise decir|quería decir|me refería a'
const TAKES_BACK = new RegExp(`^(?:(?:${REGRETS}) )*(?:${MEANT}) .`, 'u')
/** "No, 10021", "not 10020 but 10021", "10021 instead" */
const SAYS_OTHER =
  /^(?:no|nein|non)[,.:;–—] ?\S+(?: \S+){0,3}$|^not \S+(?: \S+)?,? but .|\S (?:instead|stattdessen)[.!]*$/u
const MOST_CORRECTION_CHARS = 200

/** Whether a line plainly corrects what the same person asked for just before; a question is in doubt one of its own. */
export function isCorrection(text: string): boolean {
  const line = text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
  if (line.length > MOST_CORRECTION_CHARS || /[?？]/.test(line) || isYesOrNo(text) || isStopWord(text)) return false
  return TAKES_BACK.test(wordsOf(text)) || SAYS_OTHER.test(line)
}
