"""The fence: every release enters it together with others, every pause enters it alone.

So each release is wholly before or wholly after each pause. The lock is PostgreSQL's, transaction-scoped, and a
statement of its own before anything is read: under READ COMMITTED every later statement then sees all that was
committed before the lock was given. Inside the fence there is no I/O, no key holder and no rendering.
"""

from __future__ import annotations

from abeyance.fence.crossing import Moment, alone, clock, enter, enter_alone, epoch, together

__all__ = ["Moment", "alone", "clock", "enter", "enter_alone", "epoch", "together"]
