"""What is said when an answer cannot be read, and what stands for a removed number."""

READING: dict[str, str] = {
    "day.not_understood": "没看懂是哪一天。可以写：今天、昨天、前天、上周五、3-12、3月12日。",
    "day.future": "{day}还没到，请写已经过去的日子，比如：昨天、3-12。",
    "day.too_old": "{day}离今天超过{limit}天了，只能补记{limit}天以内的。",
    "range.not_understood": "没看懂从哪天到哪天。可以写：明天、12-1到12-5、下周一到下周三。",
    "range.backwards": "结束日子（{last}）在开始日子（{first}）前面，请重写，比如：12-1到12-5。",
    "range.too_far": "{day}离今天太远了，只能写从{back}天前到{ahead}天后的日子。",
    "households.none": "没看到是哪一户。请写户主或称呼，几户用顿号隔开，比如：张家、老李家。",
    "households.too_many": "一次最多记{limit}户，这里有{count}户，请分几次记。",
    "households.too_long": "「{name}…」太长了，一户最多写{limit}个字，几户之间用顿号隔开。",
    "redacted.identity": "〔身份证号已隐去〕",
    "redacted.bank_card": "〔银行卡号已隐去〕",
}
