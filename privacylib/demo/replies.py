"""What the assistant says to each intent."""

__all__ = ["REPLIES"]

REPLIES = {
    "alarm": "the alarm is set.",
    "calendar": "there are two entries in your calendar.",
    "current_location": "you stand at the corner of the market square.",
    "definition": "the dictionary has three senses of it.",
    "directions": "turn left at the next crossing.",
    "distance": "it is four kilometres from here.",
    "find_phone": "your phone is ringing in the kitchen.",
    "fun_fact": "honey does not spoil.",
    "make_call": "calling now.",
    "meeting_schedule": "your next meeting is at three.",
    "next_song": "here is the next one.",
    "play_music": "playing it now.",
    "reminder": "you asked to be reminded of the plants.",
    "restaurant_suggestion": "the place across the bridge is well liked.",
    "share_location": "your location was shared.",
    "shopping_list": "milk and bread are on the list.",
    "tell_joke": "a byte walks into a bar and orders a bit.",
    "text": "the message was sent.",
    "time": "it is a quarter past ten.",
    "timer": "the timer is running.",
    "traffic": "the ring road is clear.",
    "translate": "here is the translation.",
    "weather": "it stays dry until the evening.",
    "what_song": "that is an old waltz.",
}
