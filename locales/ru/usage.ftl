### Статистика: трафик по дням, звонки по направлениям, покупки.
### Пустое и неизвестное никогда не выглядит нулём.

## Сколько

size-b = { $n } Б
size-kb = { $n } КБ
size-mb = { $n } МБ
size-gb = { $n } ГБ
size-tb = { $n } ТБ
talk-seconds = { $seconds } с
talk-minutes = { $minutes } мин
talk-both = { $minutes } мин { $seconds } с

## Направления: и звонков, и составных частей домашнего телефона

direction-local = Местная связь
direction-zone = Внутризоновая связь (по своей области)
direction-intercity = Междугородная связь
direction-international = Международная связь
direction-mobile = Звонки на мобильные
direction-other = Другие направления
