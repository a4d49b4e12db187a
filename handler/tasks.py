"""YOURS: the task functions of the default workflow, whose machine is machine.json."""

from __future__ import annotations

import random

from pydantic import BaseModel, ConfigDict, Field

from monostep import task


class Game(BaseModel):
    """The document that goes round: what else is in it stays."""

    model_config = ConfigDict(extra="allow")

    sides: int = Field(default=6, ge=4, description="a smaller die never shows more than 3, and the machine never ends")
    seed: int | None = Field(default=None, exclude_if=lambda seed: seed is None)
    rolls: int = Field(default=0, ge=0)
    roll: int = 0


class DieLost(Exception):
    """The die fell off the table: roll again."""


@task
def RollDie(game: Game) -> Game:
    rolls = game.rolls + 1
    die = random.Random(None if game.seed is None else f"{game.seed}/{rolls}")
    return game.model_copy(update={"rolls": rolls, "roll": die.randint(1, game.sides)})
