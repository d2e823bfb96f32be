"""Parts of the soak: what is dropped, how it arrives, what runs, how much memory it holds, and the judgement."""
