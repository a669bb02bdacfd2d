"""The screens, one file each; ``SCREENS`` in ``qyran.tui.app`` says which there are."""
