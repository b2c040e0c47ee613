"""The messages of judged flows: why each flow has its verdict, as codes with values. No sentence is made here."""
