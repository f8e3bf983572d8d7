### Usage: traffic by day, calls by direction, purchases.
### Empty and unknown never look like zero.

## How much

size-b = { $n } B
size-kb = { $n } KB
size-mb = { $n } MB
size-gb = { $n } GB
size-tb = { $n } TB
talk-seconds = { $seconds } s
talk-minutes = { $minutes } min
talk-both = { $minutes } min { $seconds } s

## Directions: of calls, and of the parts of a home phone

direction-local = Local calls
direction-zone = Calls within the region
direction-intercity = Long-distance calls
direction-international = International calls
direction-mobile = Calls to mobiles
direction-other = Other directions
