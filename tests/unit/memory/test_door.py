"""A door: whoever shuts it and finds nobody inside has not been overlooked."""

from ringbuffer.memory import ProcessMemory
from tests.support.threads import Background


def test_its_thread_goes_in_and_out() -> None:
    door = ProcessMemory().door()
    assert not door.is_inside()
    door[0] = True
    assert door.is_inside()
    assert door[0]
    assert not door[1]
    door[0] = False
    assert not door.is_inside()


def test_a_door_that_is_shut_stays_so_and_who_is_inside_may_go_out() -> None:
    door = ProcessMemory().door()
    door[0] = True
    door.shut()
    assert door[1]
    assert door.is_inside()
    door[0] = False
    assert not door.is_inside()
    assert door[1]


def test_doors_are_each_threads_own() -> None:
    memory = ProcessMemory()
    doors = [memory.door() for _ in range(3)]
    doors[1][0] = True
    doors[2].shut()
    assert [door.is_inside() for door in doors] == [False, True, False]
    assert [door[1] for door in doors] == [False, False, True]


def test_nothing_is_done_behind_a_door_that_was_shut_and_had_nobody_inside() -> None:
    memory = ProcessMemory()
    doors = [memory.door() for _ in range(4_000)]
    done, found, compared = memory.cell(), memory.cell(), memory.cell()

    def work() -> None:
        done_word, found_word, compared_word = done.view().word, found.view().word, compared.view().word
        for number, door in enumerate(doors, 1):
            is_shut = False
            while not is_shut:  # ends when the other thread has shut it
                door[0] = True
                is_shut = door[1]
                if not is_shut:
                    done_word[0] = done_word[0] + 1
                door[0] = False
            found_word[0] = number
            while compared_word[0] < number:  # ends when the other thread has compared
                pass

    worker = Background(work).start()
    done_word, found_word, compared_word = done.view().word, found.view().word, compared.view().word
    late = 0
    for number, door in enumerate(doors, 1):
        door.shut()
        while door.is_inside():  # ends when the worker goes out
            pass
        count = done_word[0]
        while found_word[0] < number:  # ends when the worker has found the door shut
            pass
        late += done_word[0] != count
        compared_word[0] = number
    worker.join()
    assert late == 0
    assert done_word[0] > 0
