"""Words that Markdown of other tools uses, ready to be given as options: callouts, and shortcodes of emoji."""

# ruff: noqa: RUF001 - emoji look like signs.
from collections.abc import Mapping
from typing import Final

CALLOUTS: Final[Mapping[str, str]] = {
    "note": "info", "info": "info", "abstract": "info", "summary": "info", "todo": "info", "question": "info",
    "faq": "info",
    "tip": "tip", "hint": "tip", "example": "tip",
    "important": "note", "seealso": "note", "quote": "note", "details": "note",
    "success": "success", "check": "success", "done": "success",
    "warning": "warning", "attention": "warning",
    "caution": "error", "danger": "error", "error": "error", "failure": "error", "fail": "error", "bug": "error",
}  # fmt: skip
"""Callouts of GitHub, GitLab, Obsidian, Docusaurus and Material for MkDocs → the panel of the same meaning."""

PANELS: Final = frozenset({"info", "note", "tip", "warning", "error", "success"})
"""The panels a callout can become."""

EMOJI_SHORTCODES: Final[Mapping[str, str]] = dict(
    pair.split("=")
    for pair in """
    smile=😄 smiley=😃 grinning=😀 grin=😁 laughing=😆 sweat_smile=😅 joy=😂 rofl=🤣
    slightly_smiling_face=🙂 wink=😉 blush=😊 innocent=😇 heart_eyes=😍 kissing_heart=😘 yum=😋
    stuck_out_tongue=😛 thinking=🤔 thinking_face=🤔 neutral_face=😐 expressionless=😑 smirk=😏
    unamused=😒 roll_eyes=🙄 grimacing=😬 relieved=😌 pensive=😔 sleepy=😪 sleeping=😴 mask=😷
    sunglasses=😎 nerd_face=🤓 confused=😕 worried=😟 slightly_frowning_face=🙁 open_mouth=😮
    astonished=😲 flushed=😳 cry=😢 sob=😭 scream=😱 disappointed=😞 sweat=😓 weary=😩 tired_face=😫 rage=😡
    angry=😠 poop=💩 ghost=👻 robot=🤖 clown_face=🤡 wave=👋 ok_hand=👌 v=✌️ crossed_fingers=🤞
    point_left=👈 point_right=👉 point_up=☝️ point_down=👇 thumbsup=👍 +1=👍 thumbsdown=👎 -1=👎 fist=✊
    clap=👏 raised_hands=🙌 pray=🙏 handshake=🤝 muscle=💪 eyes=👀 brain=🧠 shrug=🤷 facepalm=🤦 heart=❤️
    orange_heart=🧡 yellow_heart=💛 green_heart=💚 blue_heart=💙 purple_heart=💜 black_heart=🖤
    broken_heart=💔 star=⭐ star2=🌟 sparkles=✨ zap=⚡ fire=🔥 boom=💥 100=💯 tada=🎉 confetti_ball=🎊
    balloon=🎈 gift=🎁 trophy=🏆 medal=🏅 dart=🎯 rocket=🚀 airplane=✈️ car=🚗 bus=🚌 ship=🚢
    construction=🚧 rotating_light=🚨 traffic_light=🚥 house=🏠 office=🏢 sunny=☀️ cloud=☁️
    snowflake=❄️ rainbow=🌈 ocean=🌊 earth_africa=🌍 earth_americas=🌎 globe_with_meridians=🌐
    seedling=🌱 evergreen_tree=🌲 four_leaf_clover=🍀 bug=🐛 beetle=🐞 ant=🐜 bee=🐝 snail=🐌 turtle=🐢
    dog=🐶 cat=🐱 penguin=🐧 snake=🐍 crab=🦀 whale=🐳 elephant=🐘 unicorn=🦄 coffee=☕ tea=🍵 beer=🍺
    pizza=🍕 apple=🍎 cake=🍰 cookie=🍪 white_check_mark=✅ heavy_check_mark=✔️
    ballot_box_with_check=☑️ x=❌ negative_squared_cross_mark=❎ heavy_plus_sign=➕
    heavy_minus_sign=➖ heavy_multiplication_x=✖️ question=❓ grey_question=❔ exclamation=❗
    grey_exclamation=❕ warning=⚠️ no_entry=⛔ no_entry_sign=🚫 stop_sign=🛑 information_source=ℹ️
    bangbang=‼️ interrobang=⁉️ recycle=♻️ infinity=♾️ red_circle=🔴 orange_circle=🟠 yellow_circle=🟡
    green_circle=🟢 large_blue_circle=🔵 purple_circle=🟣 white_circle=⚪ black_circle=⚫
    arrow_right=➡️ arrow_left=⬅️ arrow_up=⬆️ arrow_down=⬇️ arrow_forward=▶️ repeat=🔁
    arrows_counterclockwise=🔄 back=🔙 soon=🔜 new=🆕 up=🆙 ok=🆗 sos=🆘 free=🆓 zzz=💤 speech_balloon=💬
    thought_balloon=💭 bulb=💡 flashlight=🔦 wrench=🔧 hammer=🔨 hammer_and_wrench=🛠️ gear=⚙️
    nut_and_bolt=🔩 link=🔗 paperclip=📎 pushpin=📌 round_pushpin=📍 scissors=✂️ lock=🔒 unlock=🔓 key=🔑
    mag=🔍 mag_right=🔎 bell=🔔 no_bell=🔕 mega=📣 loudspeaker=📢 hourglass=⌛ hourglass_flowing_sand=⏳
    alarm_clock=⏰ stopwatch=⏱️ watch=⌚ calendar=📅 date=📅 spiral_calendar=🗓️ memo=📝 pencil=📝
    pencil2=✏️ book=📖 books=📚 bookmark=🔖 clipboard=📋 page_facing_up=📄 newspaper=📰 file_folder=📁
    open_file_folder=📂 card_index_dividers=🗂️ wastebasket=🗑️ package=📦 inbox_tray=📥 outbox_tray=📤
    email=📧 envelope=✉️ mailbox=📫 phone=☎️ iphone=📱 computer=💻 desktop_computer=🖥️ keyboard=⌨️
    printer=🖨️ floppy_disk=💾 cd=💿 camera=📷 movie_camera=🎥 tv=📺 battery=🔋 electric_plug=🔌
    satellite=📡 chart_with_upwards_trend=📈 chart_with_downwards_trend=📉 bar_chart=📊 moneybag=💰
    dollar=💵 euro=💶 credit_card=💳 shopping_cart=🛒 art=🎨 jigsaw=🧩 game_die=🎲 musical_note=🎵
    headphones=🎧 microscope=🔬 telescope=🔭 test_tube=🧪 dna=🧬 pill=💊 syringe=💉 label=🏷️
    triangular_flag_on_post=🚩 checkered_flag=🏁 white_flag=🏳️ lipstick=💄 bricks=🧱
    adhesive_bandage=🩹 shield=🛡️ crown=👑 gem=💎 bow_and_arrow=🏹
""".split()  # noqa: SIM905 - readable as words
)
"""Usual shortcodes, as GitHub, GitLab, Slack and Jira have them → the emoji."""
