"""网格助手: the chat assistant of a township's grid workers, cadres, duty desk and leaders."""
