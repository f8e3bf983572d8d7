### Reference: region, news, outages, bonus points.

region-now = Your region: { $region }
region-unknown = Your region is not set yet.
region-which = Choose a region to see its phone numbers and news.
region-type = You can type its name: { $regions }.
region-one = The phone numbers are the same in every region.
button-region = Another region

news-none = There is no news and there are no outages now.
news-untold = There is no news here: { $operator } publishes it on its website and in its communities.
news-more =
    { $count ->
        [one] And { $count } older message.
       *[other] And { $count } older messages.
    }
faults-none = No outages are reported in your region now.
faults-more =
    { $count ->
        [one] And { $count } more outage.
       *[other] And { $count } more outages.
    }
fault = Outage: { $title }
fault-since = It began { $since }, no end has been named yet.
fault-until = It began { $since }, to be repaired by { $until }.
button-news = News and outages
button-faults = Outages

bonus =
    { $points ->
        [one] You have { $points } bonus point
       *[other] You have { $points } bonus points
    }
bonus-program = Programme “{ $program }”
bonus-burning =
    { $points ->
        [one] { $points } point expires on { $day }
       *[other] { $points } points expire on { $day }
    }
bonus-none = You are not in the bonus programme yet. { $operator } can help you join.
button-bonus = Bonus points
