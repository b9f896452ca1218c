"""What people read while they practise (练一练) in 练习村; each says that it is practice."""

PRACTICE: dict[str, str] = {
    "practice.village": "练习村",
    "practice.marked": "【练习】{text}",
    "practice.offer": "要不要先练习一遍？只要一分钟。练习的不算数，也没有人收到。",
    "practice.button.begin": "先练一遍，一分钟",
    "practice.button.not_now": "不用，直接用",
    "practice.button.skip": "跳过这步",
    "practice.button.stop": "不练了",
    "practice.button.real": "这是真事，正式记",
    "practice.button.withdraw": "只是练习，撤回",
    "practice.sample.event": "村口垃圾好几天没拉",
    "practice.sample.visit": "今天去了张家、刘家，都好",
    "practice.ask.event": "先报一件事。把这句发给我：\n{sample}\n也可以说自己的话，发照片或语音。",
    "practice.ask.visit": "再记一次走访。把这句发给我：\n{sample}",
    "practice.filed.event": (
        "就这样报好了。练习的没有编号，也没有人收到。\n"
        "真报时：值班员受理 → 派人去办 → 办结，每一步都在这张卡片上告诉您。"
    ),
    "practice.filed.visit": "就这样记好了。练习的没有编号，也不算走访次数。",
    "practice.done": "会了！练习到这里就完了，正式用时就这样发；带【练习】的才是练习。想再练发 /practice。",
    "practice.over": "现在不是练习，发来的都是正式的。想练习随时发 /practice。",
    "practice.danger": (
        "**上面这条是真的上报，不是练习**，值班员已经收到；练习已经停了。\n"
        "真有危险，马上打 110 / 119 / 120。如果只是练习，点下面撤回。"
    ),
}
