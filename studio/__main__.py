"""`python -m studio` is `kardia`: for launchers that take a module, such as `accelerate launch -m studio train grpo …`."""

from studio.cli import main

main()
