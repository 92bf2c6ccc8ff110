"""What the user has to mend, in lines."""


class AppError(Exception):
    pass


def step(text):
    print(f"-----> {text}", flush=True)


def detail(text):
    print(f"       {text}", flush=True)


def warn(text):
    print(f" !     {text}", flush=True)
