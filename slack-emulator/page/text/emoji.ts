/** The most used emoji; other names are shown as they are written. */
const TABLE = `
  white_check_mark ✅ heavy_check_mark ✔️ heavy_multiplication_x ✖️ ballot_box_with_check ☑️ x ❌ warning ⚠️ no_entry ⛔ no_entry_sign 🚫 raised_hand ✋ octagonal_sign 🛑 fast_forward ⏩ mute 🔇 speaker 🔈
  hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ alarm_clock ⏰ clock1 🕐 clock3 🕒 calendar 📅 date 📅 bell 🔔 no_bell 🔕
  lock 🔒 unlock 🔓 key 🔑 shield 🛡️ gear ⚙️ wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️ nut_and_bolt 🔩 electric_plug 🔌 bulb 💡
  question ❓ grey_question ❔ exclamation ❗ grey_exclamation ❕ information_source ℹ️ bangbang ‼️ mag 🔍 mag_right 🔎 eyes 👀 eye 👁️
  file_folder 📁 open_file_folder 📂 card_file_box 🗃️ file_cabinet 🗄️ clipboard 📋 page_facing_up 📄 memo 📝 pencil ✏️ pencil2 ✏️
  floppy_disk 💾 package 📦 inbox_tray 📥 outbox_tray 📤 wastebasket 🗑️ paperclip 📎 link 🔗 pushpin 📌 bookmark 🔖 books 📚 book 📖
  bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 elephant 🐘 octopus 🐙 cat 🐱 dog 🐶 snake 🐍 crab 🦀 whale 🐳
  brain 🧠 robot_face 🤖 computer 💻 desktop_computer 🖥️ keyboard ⌨️ satellite 📡 globe_with_meridians 🌐 earth_africa 🌍 cloud ☁️
  zap ⚡ zzz 💤 fire 🔥 boom 💥 sparkles ✨ star ⭐ star2 🌟 rocket 🚀 tada 🎉 gift 🎁 trophy 🏆 rainbow 🌈 sunny ☀️ umbrella ☔ snowflake ❄️
  wave 👋 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 point_right 👉 point_up ☝️ handshake 🤝
  smile 😄 slightly_smiling_face 🙂 grinning 😀 joy 😂 wink 😉 thinking_face 🤔 neutral_face 😐 cry 😢 sweat_smile 😅 heart ❤️ heart_eyes 😍
  speech_balloon 💬 thought_balloon 💭 loudspeaker 📢 mega 📣 email 📧 envelope ✉️ phone ☎️ iphone 📱 camera 📷 art 🎨 musical_note 🎵
  arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrows_counterclockwise 🔄 repeat 🔁 leftwards_arrow_with_hook ↩️ heavy_plus_sign ➕
  heavy_minus_sign ➖ white_circle ⚪ black_circle ⚫ red_circle 🔴 large_blue_circle 🔵 large_green_circle 🟢 large_yellow_circle 🟡
  large_orange_circle 🟠 one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ house 🏠 office 🏢 factory 🏭 construction 🚧 rotating_light 🚨
  bust_in_silhouette 👤 busts_in_silhouette 👥 moneybag 💰 credit_card 💳 receipt 🧾 mortar_board 🎓 ticket 🎫 label 🏷️ toolbox 🧰 test_tube 🧪 microscope 🔬
  pause_button ⏸️ double_vertical_bar ⏸️ arrow_forward ▶️ black_square_for_stop ⏹️ recycle ♻️ coffee ☕ pizza 🍕 seedling 🌱 bug 🐛`

/** Name and emoji alternate. */
const WORDS = TABLE.trim().split(/\s+/)

export function emojiOf(name: string): string | undefined {
  const at = WORDS.indexOf(name)
  return at === -1 ? undefined : WORDS[at + 1]
}
