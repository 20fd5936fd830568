#include <stdio.h>

int main(void)
{
	return puts("treesum " TREESUM_VERSION) < 0;
}
