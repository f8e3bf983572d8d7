### Справка: регион, новости, аварии, бонусы.

region-now = Ваш регион: { $region }
region-unknown = Регион пока не указан.
region-which = Выберите регион: для него будут показаны телефоны и новости.
region-type = Название можно написать: { $regions }.
region-one = Телефоны одинаковы для всех регионов.
button-region = Другой регион

news-none = Новостей и аварий сейчас нет.
news-untold = Здесь новостей нет: их публикует «{ $operator }» на сайте и в сообществах.
news-more =
    { $count ->
        [one] И ещё { $count } сообщение постарше.
        [few] И ещё { $count } сообщения постарше.
       *[many] И ещё { $count } сообщений постарше.
    }
faults-none = Сообщений об авариях в Вашем регионе сейчас нет.
faults-more =
    { $count ->
        [one] И ещё { $count } авария.
        [few] И ещё { $count } аварии.
       *[many] И ещё { $count } аварий.
    }
fault = Авария: { $title }
fault-since = Началась { $since }, когда исправят, пока неизвестно.
fault-until = Началась { $since }, исправить обещают до { $until }.
button-news = Новости и аварии
button-faults = Аварии

bonus =
    { $points ->
        [one] На бонусном счёте { $points } балл
        [few] На бонусном счёте { $points } балла
       *[many] На бонусном счёте { $points } баллов
    }
bonus-program = Программа «{ $program }»
bonus-burning =
    { $points ->
        [one] { $points } балл сгорит { $day }
        [few] { $points } балла сгорят { $day }
       *[many] { $points } баллов сгорят { $day }
    }
bonus-none = Вы пока не участвуете в бонусной программе. Вступить поможет «{ $operator }».
button-bonus = Бонусы
