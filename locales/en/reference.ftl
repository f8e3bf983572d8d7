### Reference: region, news, outages, bonus points.

region-now = Your region: { $region }
region-unknown = Your region is not set yet.
region-which = Choose a region to see its phones and news.
region-type = You can type its name: { $regions }.
region-one = The phones are the same for all regions.
button-region = Another region

news-none = There are no news or outages now.
news-untold = There are no news here: { $operator } publishes them on its website and in its communities.
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
fault-since = Began { $since }, no end has been named yet.
fault-until = Began { $since }, to be repaired by { $until }.
button-news = News and outages
button-faults = Outages

bonus =
    { $points ->
        [one] You have { $points } bonus point
       *[other] You have { $points } bonus points
    }
bonus-program = Programme "{ $program }"
bonus-burning =
    { $points ->
        [one] { $points } point expires on { $day }
       *[other] { $points } points expire on { $day }
    }
bonus-none = You are not in the bonus programme yet. You can join in your { $operator } personal account.
button-bonus = Bonus points
