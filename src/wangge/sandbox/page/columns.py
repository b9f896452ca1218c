"""A person's chat window, and the list of people beside the windows."""

from wangge.sandbox.chats import Account, Chat, key_labels
from wangge.sandbox.page.items import TOWN_ZONE, bubbles, history, local, near_day, one_line
from wangge.sandbox.page.tags import Html, icon, join, tag
from wangge.sandbox.page.watch import Watch
from wangge.sandbox.world import World

BUBBLES = 60
COLOURS = 9
HINT = "村口垃圾好几天没拉"
NO_POST = "其他人"
FIRST = "先看这几位"


def column(world: World, watch: Watch, account: Account, *, has_hint: bool) -> Html:
    """Return one person's chat window."""
    chat = world.chats[account.id]
    number = account.id
    return tag(
        "section",
        _head(account),
        tag(
            "div",
            tag("div", older(world, watch, chat), class_="log", **_log_attributes(account)),
            _button("latest", "latest", "到最新的消息", icon("down"), hidden=True),
            class_="frame",
        ),
        _hint() if has_hint else None,
        _composer(account, chat),
        tag("div", keyboard(chat), class_="keyboard", data_part="keyboard"),
        class_="column",
        data_person=number,
        aria_labelledby=f"name-{number}",
    )


def older(world: World, watch: Watch, chat: Chat, before: int | None = None) -> Html:
    """Return the newest bubbles, or those before a message, and the way to the ones before these."""
    groups = bubbles(chat, most=BUBBLES + 1, before=before)
    has_more = len(groups) > BUBBLES
    today = world.clock.now().astimezone(TOWN_ZONE)
    shown = history(groups[-BUBBLES:], watch.fetched.get(chat.id, 0), today)
    more = tag("button", "更早的消息", type="button", class_="older", data_act="older") if has_more else None
    empty = tag("p", "还没有消息。点“/”里的 /start 开始。", class_="empty") if not groups else None
    return join(more, empty, shown)


def keyboard(chat: Chat) -> Html:
    """Return the keys that stand in place of the phone's own keyboard."""
    rows = key_labels(chat.markup or {}) or []
    keys = [
        [tag("button", key, type="button", class_="key", data_key_text=key) for key in row] for row in rows
    ]
    return join(tag("div", row, class_="row") for row in keys)


def commands(world: World, chat: Chat) -> Html:
    """Return the menu of commands that holds for a person."""
    scopes = (
        f'{{"type":"chat","chat_id":{chat.id},"user_id":null}} ',
        '{"type":"all_private_chats","chat_id":null,"user_id":null} ',
        '{"type":"default","chat_id":null,"user_id":null} ',
    )
    menu = next((world.commands[scope] for scope in scopes if world.commands.get(scope)), [])
    return join(
        tag(
            "button",
            tag("strong", f"/{each['command']}"),
            tag("span", each["description"]),
            type="button",
            role="menuitem",
            data_command=f"/{each['command']}",
        )
        for each in menu or [{"command": "start", "description": "开始"}]
    )


def groups(world: World, featured: list[Account]) -> dict[str, list[Account]]:
    """Return people by post, in the order in which posts first came up, after the featured."""
    found = {FIRST: featured} if featured else {}
    for account in world.accounts.values():
        if account not in featured:
            found.setdefault(post_of(account), []).append(account)
    return found


def post_of(account: Account) -> str:
    """Return the post of a person without the area."""
    return account.title.partition(" · ")[0] or NO_POST


def people(world: World, watch: Watch, featured: list[Account]) -> Html:
    """Return everybody, by post."""
    return join(
        tag(
            "section",
            tag("h3", post),
            (entry(world, watch, account) for account in accounts),
            class_="post-group",
            data_group=post,
        )
        for post, accounts in groups(world, featured).items()
    )


def entry(world: World, watch: Watch, account: Account) -> Html:
    """Return one person's line in the list: who it is, what came last, what is unread."""
    chat, unread = world.chats[account.id], watch.unread(account.id)
    last = next((each for each in reversed(chat.messages.values()) if not each.is_deleted), None)
    when, words = "", ""
    if last:
        today = world.clock.now().astimezone(TOWN_ZONE)
        sent = local(last)
        is_today = near_day(sent, today) == "今天"
        when = f"{sent:%H:%M}" if is_today else near_day(sent, today) or f"{sent.month}-{sent.day}"
        words = f"{'我：' if last.sender is account else ''}{one_line(last)}"
    badge = (
        tag("span", str(unread), tag("span", " 条未读", class_="spoken"), class_="badge") if unread else None
    )
    return tag(
        "button",
        avatar(account),
        tag("span", tag("strong", account.name), " ", account.title.partition(" · ")[2], class_="who"),
        tag("span", when, class_="when"),
        tag("span", words, class_="what"),
        badge,
        type="button",
        class_="entry",
        data_entry=account.id,
        data_search=f"{account.name} {account.title}",
    )


def avatar(account: Account) -> Html:
    """Return a coloured disc with the first character of a name."""
    colour = f"avatar colour-{account.id % COLOURS}"
    return tag("span", account.name[:1], class_=colour, aria_hidden="true")


def _head(account: Account) -> Html:
    number = account.id
    typing = tag("span", "网格助手正在输入…", class_="typing", hidden=True)
    post = tag("p", tag("span", account.title, class_="post"), typing, role="status")
    return tag(
        "header",
        _button("back", "back", "回到名单", icon("back")),
        avatar(account),
        tag("div", tag("h2", account.name, id=f"name-{number}"), post, class_="named"),
        _button("inside", "inside", f"里面发生了什么（{account.name}）", icon("inside")),
        _button("close", "close", f"关掉{account.name}的窗口", icon("close")),
    )


def _hint() -> Html:
    words = tag("span", "试试发："), tag("strong", HINT)
    return tag("button", words, type="button", class_="hint", data_act="hint", data_words=HINT)


def _composer(account: Account, chat: Chat) -> Html:
    placeholder = (chat.markup or {}).get("input_field_placeholder") or "说一句话…"
    words = tag(
        "textarea",
        id=f"say-{account.id}",
        rows="1",
        placeholder=placeholder,
        aria_label=f"{account.name}说",
        enterkeyhint="send",
    )
    above = (
        tag("div", class_="banner", data_part="banner", hidden=True),
        tag("div", class_="chosen", data_part="chosen", aria_label="要发的照片", hidden=True),
    )
    return tag(
        "form",
        above,
        tag(
            "div",
            _button("commands", "tool", "命令", icon("menu"), aria_haspopup="menu"),
            _button("attach", "tool", "发照片、文件、位置、电话、语音", icon("clip"), aria_haspopup="menu"),
            words,
            _button("keys", "tool", "收起或打开键盘", icon("keys"), aria_pressed="true"),
            _button("voice", "tool", "录一段语音", icon("mic")),
            tag("button", icon("send"), type="submit", class_="send", aria_label="发送"),
            class_="say",
        ),
        class_="composer",
        autocomplete="off",
    )


def _button(act: str, style: str, label: str, inner: Html, **attributes: str | bool) -> Html:
    return tag(
        "button",
        inner,
        type="button",
        class_=style,
        data_act=act,
        aria_label=label,
        title=label,
        **attributes,
    )


def _log_attributes(account: Account) -> dict[str, str]:
    return {
        "role": "log",
        "aria_live": "polite",
        "aria_label": f"{account.name}的消息",
        "tabindex": "0",
    }
